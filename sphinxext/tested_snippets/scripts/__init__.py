"""Files that interpreters and shells of the built-in runners execute. Nothing imports them."""
