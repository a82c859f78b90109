# Files by curl: up in the ways that curl has, down whole and in part.

# -T sends a PUT, and asks before it sends the body.
test_upload_and_download() {
    head -c 1500000 /dev/urandom >file
    api -H "Expect: 100-continue" -T file "$CONTENT/1/files_put/auto/Some%20folder/d%C3%A4ta.bin?overwrite=true" >put
    equal "bytes" 1500000 "$(field bytes <put)"
    equal "path" "/Some folder/däta.bin" "$(json 'it["path"]' <put)"
    api -o back "$CONTENT/1/files/auto/Some%20folder/d%C3%A4ta.bin"
    cmp file back
}

# --data-binary labels the file as a form; it is a file all the same.
test_upload_labelled_as_a_form() {
    printf 'overwrite=false' >file
    api --data-binary @file "$CONTENT/1/files_put/auto/form.txt" >put
    equal "path" /form.txt "$(field path <put)"
    api "$CONTENT/1/files/auto/form.txt" >back
    cmp file back
}

# -T - reads a pipe: no length is known before.
test_upload_of_a_pipe() {
    printf 'one\ntwo\n' | api -T - "$CONTENT/1/files_put/auto/pipe.txt" >put
    equal "bytes" 8 "$(field bytes <put)"
    equal "text" "$(printf 'one\ntwo\n')" "$(api "$CONTENT/1/files/auto/pipe.txt")"
}

test_upload_of_a_form_with_a_file() {
    printf 'from a form' >form.txt
    api -F file=@form.txt "$CONTENT/1/files/auto/Forms" >put
    equal "path" /Forms/form.txt "$(field path <put)"
}

test_ranges_and_revisions() {
    put /a.txt 0123456789 >first
    equal "a range" 345 "$(api -r 3-5 "$CONTENT/1/files/auto/a.txt")"
    equal "the end" 89 "$(api -r -2 "$CONTENT/1/files/auto/a.txt")"
    rev=$(field rev <first)
    put /a.txt newer >second
    equal "the older one" 0123456789 "$(api "$CONTENT/1/files/auto/a.txt?rev=$rev")"
    equal "revisions" 2 "$(api "$API/1/revisions/auto/a.txt" | json 'len(it)')"
    api -d "rev=$rev" "$API/1/restore/auto/a.txt" >restored
    equal "restored" 0123456789 "$(api "$CONTENT/1/files/auto/a.txt")"
}

test_unchanged_by_etag() {
    put /a.txt text >first
    tag="\"$(field rev <first)\""
    equal "with its tag" 304 "$(status -H "Authorization: Bearer $TOKEN" -H "If-None-Match: $tag" "$CONTENT/1/files/auto/a.txt")"
    put /a.txt other >second
    equal "changed" 200 "$(status -H "Authorization: Bearer $TOKEN" -H "If-None-Match: $tag" "$CONTENT/1/files/auto/a.txt")"
}

# 160 MB in pieces of 4 MB, and back as a whole.
test_large_file_in_pieces() {
    head -c 160000000 /dev/urandom >large
    "$here/programs/upload.sh" "$TOKEN" large /Backup/large.bin >put
    equal "bytes" 160000000 "$(field bytes <put)"
    equal "path" /Backup/large.bin "$(field path <put)"
    api -o back "$CONTENT/1/files/auto/Backup/large.bin"
    equal "digest" "$(sha256 large)" "$(sha256 back)"
}

# A piece in the wrong place is refused, and told where it should be.
test_misplaced_piece() {
    printf 0123456789 | api -X PUT --data-binary @- "$CONTENT/1/chunked_upload" >first
    id=$(field upload_id <first)
    equal "refused" 400 "$(status -X PUT -H "Authorization: Bearer $TOKEN" -d abc "$CONTENT/1/chunked_upload?upload_id=$id&offset=3")"
    equal "where" 10 "$(field offset <body)"
    equal "whose" "$id" "$(field upload_id <body)"
    equal "unknown" 404 "$(status -X PUT -H "Authorization: Bearer $TOKEN" -d abc "$CONTENT/1/chunked_upload?upload_id=none&offset=3")"
    printf abc | api -X PUT --data-binary @- "$CONTENT/1/chunked_upload?upload_id=$id&offset=10" >second
    api -d "upload_id=$id" "$CONTENT/1/commit_chunked_upload/auto/a.txt" >put
    equal "text" 0123456789abc "$(api "$CONTENT/1/files/auto/a.txt")"
}

# A refusal while the file is still coming can be read.
test_refused_upload() {
    head -c 8000000 /dev/zero >file
    equal "status" 401 "$(status -H "Authorization: Bearer nothing" -T file "$CONTENT/1/files_put/auto/a.bin")"
}
