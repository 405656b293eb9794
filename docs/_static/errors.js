// Narrows the list of messages on the page "The Error You Got" while a reader types or pastes.
(() => {
  const list = document.querySelector("dl.observed-errors");
  if (!list) return;

  const plain = (text) => text.toLowerCase().replace(/\s+/g, " ").trim();
  const entries = [...list.querySelectorAll(":scope > dt")].map((term) => ({
    nodes: [term, term.nextElementSibling],
    text: plain(`${term.textContent} ${term.nextElementSibling.textContent}`),
    // What stays the same whoever gets the message: its longer words, without the names left out.
    fixed: plain(term.textContent).split(/[^\w()]+/).filter((word) => word.length > 3),
  }));
  // A pasted line has most of these words, and the reader's own names besides.
  const isOf = (typed, fixed) =>
    fixed.length > 1 && fixed.filter((word) => typed.includes(word)).length >= 0.75 * fixed.length;

  const label = document.createElement("label");
  label.className = "errors-filter";
  label.textContent = "Type a part of your message, or paste the whole line";
  const box = document.createElement("input");
  box.type = "search";
  box.autocomplete = "off";
  box.spellcheck = false;
  label.append(box);
  const count = document.createElement("p");
  count.className = "errors-count";
  count.setAttribute("role", "status");
  list.before(label, count);

  box.addEventListener("input", () => {
    const typed = plain(box.value);
    const words = typed.split(" ");
    let shown = 0;
    for (const { nodes, text, fixed } of entries) {
      const fits = words.every((word) => text.includes(word)) || isOf(typed, fixed);
      nodes.forEach((node) => { node.hidden = !fits; });
      shown += fits ? 1 : 0;
    }
    const none = shown || !typed ? "" : ": try fewer words, or the search of the whole site";
    count.textContent = typed ? `${shown} of ${entries.length} messages${none}` : "";
  });
})();
