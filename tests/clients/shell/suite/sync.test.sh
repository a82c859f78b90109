# A folder kept equal to an account by delta, with the cursor in a file between runs; and long polls.

sync() {
    "$here/programs/sync.sh" "$TOKEN" "$PWD/copy" "$PWD/cursor"
}

# The copy must have these files and folders, and these only.
has() {
    printf '%s\n' "$@" | sort >expected
    (cd copy && find . -mindepth 1 | sed 's/^\.//' | sort) >found
    diff expected found
}

test_each_run_fetches_what_changed() {
    put /Notes/one.txt 1 >put
    put "/Notes/Deep/two.txt" 22 >put
    sync
    has /notes /notes/one.txt /notes/deep /notes/deep/two.txt
    equal "content" 22 "$(cat copy/notes/deep/two.txt)"
    # What did not change is not fetched: neither now, nor with what does.
    printf mine >copy/notes/deep/two.txt
    sync
    has /notes /notes/one.txt /notes/deep /notes/deep/two.txt
    # An edit, and a new file.
    put /Notes/one.txt edited >put
    put /three.txt 333 >put
    sync
    has /notes /notes/one.txt /notes/deep /notes/deep/two.txt /three.txt
    equal "edited" edited "$(cat copy/notes/one.txt)"
    equal "untouched" mine "$(cat copy/notes/deep/two.txt)"
    # A deleted file.
    api -d root=auto -d path=/Notes/Deep/two.txt "$API/1/fileops/delete" >deleted
    sync
    has /notes /notes/one.txt /notes/deep /three.txt
    # A folder is moved with all that is in it; a file takes a folder's place, a folder a file's.
    api -d root=auto -d from_path=/Notes -d to_path=/Moved "$API/1/fileops/move" >moved
    put /Notes "now a file" >put
    api -d root=auto -d path=/three.txt "$API/1/fileops/delete" >deleted
    put /three.txt/inside.txt 3 >put
    sync
    has /moved /moved/one.txt /moved/deep /notes /three.txt /three.txt/inside.txt
    equal "moved" edited "$(cat copy/moved/one.txt)"
    equal "a file again" "now a file" "$(cat copy/notes)"
    # A folder goes, and comes again with something else in it.
    api -d root=auto -d path=/Moved "$API/1/fileops/delete" >deleted
    put /Moved/other.txt o >put
    sync
    has /moved /moved/other.txt /notes /three.txt /three.txt/inside.txt
}

# An account of 4,096 entries is told in more than one page; their number is what matters, so no file is fetched.
test_pages() {
    put /Many/a.txt a >put
    # A folder of 2 becomes 4, 8, 16 ... by copies: many entries from few requests.
    for number in 1 2 3 4 5 6 7 8 9 10 11; do
        api -d root=auto -d from_path=/Many -d "to_path=/Copy$number" "$API/1/fileops/copy" >copied
        api -d root=auto -d "from_path=/Copy$number" -d "to_path=/Many/$number" "$API/1/fileops/move" >moved
    done
    pages=0 entries=0 more=True cursor=
    while [ "$more" = True ]; do
        api -d "cursor=$cursor" "$API/1/delta" >page
        more=$(json 'it["has_more"]' <page) cursor=$(json 'it["cursor"]' <page)
        pages=$((pages + 1)) entries=$((entries + $(json 'len(it["entries"])' <page)))
    done
    equal "entries" 4096 "$entries"
    [ "$pages" -gt 1 ]
}

# When the app's folder is deleted, its reader is told to begin anew.
test_reset() {
    full=$TOKEN
    TOKEN=$(token_of "$FOLDER_KEY")
    put /old.txt old >put
    sync
    has /old.txt
    curl -fsS -H "Authorization: Bearer $full" -d root=auto -d path=/Apps/Notebook "$API/1/fileops/delete" >deleted
    put /new.txt new >put
    touch copy/stray.txt
    sync
    has /new.txt
}

# Needs only the cursor, and answers when something changed.
test_long_poll() {
    cursor=$(api -X POST "$API/1/delta/latest_cursor" | field cursor)
    curl -fsS --get --data-urlencode "cursor=$cursor" -d timeout=60 "$NOTIFY/1/longpoll_delta" >poll &
    poll=$!
    put /a.txt a >put
    wait $poll
    equal "changes" true "$(field changes <poll)"
    api -d "cursor=$cursor" "$API/1/delta" >page
    equal "what changed" /a.txt "$(json 'it["entries"][0][0]' <page)"
    equal "a bad cursor" 400 "$(status "$NOTIFY/1/longpoll_delta?cursor=nonsense")"
}
