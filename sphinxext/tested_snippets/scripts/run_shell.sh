# Runs the set-up and the commands of a console block in this shell, one after the other, until one fails.
# Arguments: the folder that has them, and how many commands there are.
_snippet_folder=$1
_snippet_count=$2
_snippet_at=0
set --
set -e
. "$_snippet_folder/setup"
set +e
: > "$_snippet_folder/prepared"
while [ "$_snippet_at" -lt "$_snippet_count" ]; do
    eval "$(cat "$_snippet_folder/command-$_snippet_at")" > "$_snippet_folder/log-$_snippet_at" 2>&1
    _snippet_status=$?
    echo "$_snippet_status" > "$_snippet_folder/status-$_snippet_at"
    [ "$_snippet_status" = 0 ] || exit 1
    _snippet_at=$((_snippet_at + 1))
done
