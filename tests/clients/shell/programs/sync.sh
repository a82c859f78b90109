#!/bin/sh
# Makes a folder equal to an account, and keeps it so: each run fetches what changed since the last.
#
#   sync.sh TOKEN FOLDER STATE
#
# STATE is the file in which the cursor is kept between runs. Names are in lower case, as `delta` tells them.
# The shell reads no JSON: Python turns each page into lines (a sign, the path, the path as a URL has it).
set -eu

API=${API:-https://api.dropbox.com}
CONTENT=${CONTENT:-https://api-content.dropbox.com}

token=$1 folder=$2 state=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')

# Prints the page's head (reset, has_more, cursor), and a line for each change.
lines() {
    python3 -c '
import json, sys, urllib.parse
page = json.load(sys.stdin)
print(int(page["reset"]), int(page["has_more"]), page["cursor"], sep="\t")
for path, entry in page["entries"]:
    sign = "gone" if entry is None else "folder" if entry["is_dir"] else "file"
    print(sign, path, urllib.parse.quote(path), sep="\t")
'
}

apply() {
    local_path=$folder$2
    case $1 in
    gone)
        rm -rf "$local_path"
        ;;
    folder)
        # A folder takes a file's place, and leaves alone what is in a folder.
        [ -d "$local_path" ] || rm -f "$local_path"
        mkdir -p "$local_path"
        ;;
    file)
        status=$(curl -sS -o "$work/file" -w '%{http_code}' -H "Authorization: Bearer $token" "$CONTENT/1/files/auto$3")
        # What is not there any more is told as gone later on.
        if [ "$status" = 404 ]; then return; fi
        [ "$status" = 200 ] || { echo "$2: $status" >&2; return 1; }
        rm -rf "$local_path"
        mkdir -p "$(dirname "$local_path")"
        mv "$work/file" "$local_path"
        ;;
    esac
}

mkdir -p "$folder"
more=1
while [ "$more" = 1 ]; do
    cursor=$(cat "$state" 2>/dev/null || true)
    if [ -n "$cursor" ]; then
        curl -fsS -H "Authorization: Bearer $token" --data-urlencode "cursor=$cursor" "$API/1/delta" >"$work/page"
    else
        curl -fsS -X POST -H "Authorization: Bearer $token" "$API/1/delta" >"$work/page"
    fi
    lines <"$work/page" >"$work/lines"
    {
        IFS=$tab read -r reset more cursor
        if [ "$reset" = 1 ]; then
            rm -rf "$folder"
            mkdir -p "$folder"
        fi
        while IFS=$tab read -r sign path url; do apply "$sign" "$path" "$url"; done
    } <"$work/lines"
    # Only now: a run that is broken off reads the page again.
    echo "$cursor" >"$state.new"
    mv "$state.new" "$state"
done
