#!/bin/sh
# Runs the suite against a binary: `sh suite/main.sh --binary target/release/tidemark`.
#
#   --record FOLDER  notes what curl called, and what came of each test, in FOLDER/curl.jsonl
#   -k WORD          only tests whose name has this word; may be given several times
#
# The last line is `N passed, N failed`. Needs a POSIX shell and curl; where JSON has to be read, Python.
set -u

here=$(cd "$(dirname "$0")/.." && pwd)
binary= record= words=
while [ $# -gt 0 ]; do
    case $1 in
    --binary) binary=$2 ;;
    --record) record=$2/curl.jsonl ;;
    -k) words="$words $2" ;;
    *) echo "unknown option: $1" >&2; exit 2 ;;
    esac
    shift 2
done
[ -x "$binary" ] || { echo "--binary: which tidemark?" >&2; exit 2; }
# Tests run in folders of their own.
case $binary in /*) ;; *) binary=$PWD/$binary ;; esac
case $record in /* | "") ;; *) record=$PWD/$record ;; esac

scratch=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM

export TIDEMARK_CURL="$(command -v curl)" TIDEMARK_RECORD="$record" TIDEMARK_TEST=
export PATH="$here/shim:$PATH"
. "$here/suite/world.sh"

start_server
start_apps

passed=0 failed=0
for file in "$here"/suite/*.test.sh; do
    . "$file"
    for name in $(sed -n 's/^\(test_[a-z0-9_]*\)().*/\1/p' "$file"); do
        TIDEMARK_TEST=$(basename "$file" .test.sh)/${name#test_}
        chosen "$TIDEMARK_TEST" || continue
        began=$(date +%s)
        folder=$scratch/$name
        mkdir "$folder"
        # In a shell of its own, that ends at the first command that fails.
        (set -eu; cd "$folder"; start_person; "$name") >"$scratch/output" 2>&1
        outcome=$?
        rm -rf "$folder"
        seconds=$(($(date +%s) - began))
        if [ $outcome = 0 ]; then
            passed=$((passed + 1)) word=ok truth=true
        else
            failed=$((failed + 1)) word=FAILED truth=false
        fi
        printf '%-60s %s (%d s)\n' "$TIDEMARK_TEST" "$word" "$seconds"
        [ $outcome = 0 ] || { echo; echo "---- $TIDEMARK_TEST"; cat "$scratch/output"; } >>"$scratch/failures"
        [ -z "$record" ] || printf '{"test":"%s","passed":%s}\n' "$TIDEMARK_TEST" "$truth" >>"$record"
    done
done

[ $failed = 0 ] || { cat "$scratch/failures"; echo; echo "---- the server's last words"; tail -n 40 "$scratch/server.log"; }
stop_server || failed=$((failed + 1))
echo
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
