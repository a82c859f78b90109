# Box's files by the raw steps: a form up, a redirect down, questions before, parts, links.

test_upload_and_download() {
    head -c 1500000 /dev/urandom >file
    folder=$(api -d '{"name":"Some folder","parent":{"id":"0"}}' "$URL/2.0/folders" | id_of)
    api -F "attributes={\"name\":\"däta.bin\",\"parent\":{\"id\":\"$folder\"}}" -F file=@file "$URL/api/2.0/files/content" >uploaded
    equal "size" 1500000 "$(json 'it["entries"][0]["size"]' <uploaded)"
    equal "sha1" "$(sha1sum file | cut -d ' ' -f 1)" "$(json 'it["entries"][0]["sha1"]' <uploaded)"
    id=$(id_of <uploaded)
    equal "a redirect" 302 "$(status -H "Authorization: Bearer $TOKEN" "$URL/2.0/files/$id/content")"
    location=$(sed -n 's/^Location: \(.*\)\r$/\1/p' head)
    matches "where to" "^$URL/" "$location"
    # The address is all that is needed.
    curl -fsS -o back "$location"
    cmp file back
    api -L -o back "$URL/2.0/files/$id/content"
    cmp file back
    head -c 300 file | tail -c 200 >part
    equal "a range" 206 "$(status -L -r 100-299 -H "Authorization: Bearer $TOKEN" "$URL/2.0/files/$id/content")"
    cmp part body
    api -o back "$CONTENT/1/files/auto/Some%20folder/d%C3%A4ta.bin"
    cmp file back
}

test_versions_and_etags() {
    id=$(box_upload 0 file.txt one)
    etag=$(api "$URL/2.0/files/$id" | json 'it["etag"]')
    printf two >content
    api -H "If-Match: $etag" -F file=@content "$URL/api/2.0/files/$id/content" >second
    equal "again" 412 \
        "$(status -H "Authorization: Bearer $TOKEN" -H "If-Match: $etag" -F file=@content "$URL/api/2.0/files/$id/content")"
    equal "code" precondition_failed "$(field code <body)"
    api "$URL/2.0/files/$id/versions" >versions
    equal "older ones" 1 "$(json 'it["total_count"]' <versions)"
    version=$(json 'it["entries"][0]["id"]' <versions)
    equal "the first" one "$(api -L "$URL/2.0/files/$id/content?version=$version")"
    equal "it" one "$(api "$URL/2.0/files/$id/versions/$version" | json 'it["name"] and "one"')"
    api -X DELETE "$URL/2.0/files/$id/versions/$version"
    api -X PUT -d '{"trashed_at":null}' "$URL/2.0/files/$id/versions/$version" >back
    api -d "{\"type\":\"file_version\",\"id\":\"$version\"}" "$URL/2.0/files/$id/versions/current" >promoted
    equal "again the first" one "$(api -L "$URL/2.0/files/$id/content")"
}

test_questions_before_an_upload() {
    asked='{"name":"file.txt","parent":{"id":"0"},"size":4}'
    api -X OPTIONS -d "$asked" "$URL/2.0/files/content" >free
    matches "where to" "^$URL/api/2.0/files/content" "$(json 'it["upload_url"]' <free)"
    id=$(box_upload 0 file.txt tide)
    equal "taken" 409 "$(status -X OPTIONS -H "Authorization: Bearer $TOKEN" -d "$asked" "$URL/2.0/files/content/")"
    equal "by whom" "item_name_in_use $id" "$(json 'it["code"] + " " + it["context_info"]["conflicts"]["id"]' <body)"
    api -X OPTIONS -d '{"size":5}' "$URL/2.0/files/$id/content" >version
    matches "where a version goes to" "^$URL/api/2.0/files/$id/content" "$(json 'it["upload_url"]' <version)"
}

test_parts() {
    head -c 20971525 /dev/urandom >file
    sum=$(digest file)
    api -d '{"folder_id":"0","file_size":20971525,"file_name":"big.bin"}' "$URL/api/2.0/files/upload_sessions" >session
    part_size=$(json 'it["part_size"]' <session)
    url=$(json 'it["session_endpoints"]["upload_part"]' <session)
    offset=0
    while [ $offset -lt 20971525 ]; do
        tail -c +$((offset + 1)) file | head -c "$part_size" >part
        last=$((offset + $(wc -c <part) - 1))
        api -T part -H "Digest: sha=$(digest part)" -H "Content-Range: bytes $offset-$last/20971525" "$url" >>parts
        echo >>parts
        offset=$((last + 1))
    done
    id=$(id_of <session)
    equal "all there" "$(json 'it["total_parts"]' <session)" "$(api "$URL/api/2.0/files/upload_sessions/$id" | json 'it["num_parts_processed"]')"
    equal "listed" "$(json 'it["total_parts"]' <session)" "$(api "$URL/api/2.0/files/upload_sessions/$id/parts" | json 'it["total_count"]')"
    parts=$(python3 -c 'import json; print(json.dumps([json.loads(line)["part"] for line in open("parts") if line.strip()]))')
    api -H "Digest: sha=$sum" -d "{\"parts\":$parts}" "$(json 'it["session_endpoints"]["commit"]' <session)" >done
    id=$(id_of <done)
    api -L -o back "$URL/2.0/files/$id/content"
    cmp file back
    # A new version is begun the same way, and here not finished.
    session=$(api -d '{"file_size":20971525}' "$URL/api/2.0/files/$id/upload_sessions" | id_of)
    api -X DELETE "$URL/api/2.0/files/upload_sessions/$session"
    matches "gone" '^4(04|10)$' "$(status -H "Authorization: Bearer $TOKEN" "$URL/api/2.0/files/upload_sessions/$session")"
}

# As the `Digest` header has it.
digest() {
    python3 -c 'import base64, hashlib, sys; print(base64.b64encode(hashlib.sha1(open(sys.argv[1], "rb").read()).digest()).decode())' "$1"
}

test_trash() {
    id=$(box_upload 0 file.txt tide)
    api -X DELETE "$URL/2.0/files/$id"
    equal "gone" trashed "$(curl -sS -H "Authorization: Bearer $TOKEN" "$URL/2.0/files/$id" | field code)"
    equal "trashed" trashed "$(api "$URL/2.0/files/$id/trash" | json 'it["item_status"]')"
    equal "in the trash" "$id" "$(api "$URL/2.0/folders/trash/items" | id_of)"
    api -X POST "$URL/2.0/files/$id" >restored
    equal "back" tide "$(api -L "$URL/2.0/files/$id/content")"
    api -X DELETE "$URL/2.0/files/$id"
    api -X DELETE "$URL/2.0/files/$id/trash"
    equal "for good" 404 "$(status -H "Authorization: Bearer $TOKEN" "$URL/2.0/files/$id/trash")"
}

test_link() {
    id=$(box_upload 0 file.txt tide)
    api -X PUT -d '{"shared_link":{}}' "$URL/2.0/files/$id" >file
    url=$(json 'it["shared_link"]["url"]' <file)
    curl -fsS "$url" | grep -q file.txt
    equal "whose it is" "$id" "$(api -H "BoxApi: shared_link=$url" "$URL/2.0/shared_items" | id_of)"
    api -X PUT -d '{"shared_link":null}' "$URL/2.0/files/$id" >file
    equal "no more" 404 "$(status -H "Authorization: Bearer $TOKEN" -H "BoxApi: shared_link=$url" "$URL/2.0/shared_items")"
}

test_folders() {
    id=$(api -d '{"name":"Folder","parent":{"id":"0"}}' "$URL/2.0/folders" | id_of)
    box_upload "$id" file.txt tide >file
    equal "in it" file.txt "$(api "$URL/2.0/folders/$id/items?usemarker=true" | json 'it["entries"][0]["name"]')"
    copy=$(api -d '{"parent":{"id":"0"},"name":"Copy"}' "$URL/2.0/folders/$id/copy" | id_of)
    equal "renamed" New "$(api -X PUT -d '{"name":"New"}' "$URL/2.0/folders/$copy" | json 'it["name"]')"
    equal "not empty" 400 "$(status -X DELETE -H "Authorization: Bearer $TOKEN" "$URL/2.0/folders/$copy")"
    api -X DELETE "$URL/2.0/folders/$copy?recursive=true"
    equal "trashed" trashed "$(api "$URL/2.0/folders/$copy/trash" | json 'it["item_status"]')"
    api -X POST "$URL/2.0/folders/$copy" >back
    api -X DELETE "$URL/2.0/folders/$copy?recursive=true"
    api -X DELETE "$URL/2.0/folders/$copy/trash"
    equal "for good" 404 "$(status -H "Authorization: Bearer $TOKEN" "$URL/2.0/folders/$copy")"
    equal "the root" "All Files" "$(api "$URL/2.0/folders/0" | json 'it["name"]')"
}

test_copy_and_thumbnails() {
    id=$(api -F 'attributes={"name":"chess.png","parent":{"id":"0"}}' -F "file=@$here/../files/chess.png" "$URL/api/2.0/files/content" | id_of)
    copy=$(api -d '{"parent":{"id":"0"},"name":"copy.png"}' "$URL/2.0/files/$id/copy" | id_of)
    api -o small "$URL/2.0/files/$copy/thumbnail.png?min_width=64"
    equal "a picture" PNG "$(head -c 4 small | tail -c 3)"
    equal "another" 200 "$(status -H "Authorization: Bearer $TOKEN" "$URL/2.0/files/$copy/thumbnail.jpg")"
}

test_search_and_users() {
    box_upload 0 "tide table.txt" 1 >id
    equal "found" "tide table.txt" "$(api "$URL/2.0/search?query=tide" | json 'it["entries"][0]["name"]')"
    me=$(api "$URL/2.0/users/me" | id_of)
    equal "by whom" "$EMAIL" "$(api "$URL/2.0/users/$me" | json 'it["login"]')"
    equal "others" 403 "$(status -H "Authorization: Bearer $TOKEN" "$URL/2.0/users")"
    equal "a picture" 200 "$(status -H "Authorization: Bearer $TOKEN" "$URL/2.0/users/$me/avatar")"
    equal "collections" '[]' "$(api "$URL/2.0/collections" | json 'it["entries"]')"
    # An administrator is told of everybody.
    EMAIL=boss-$EMAIL
    echo "$PASSWORD" | admin user add "$EMAIL" --password-stdin --name Boss --admin >boss
    TOKEN=$(token_of "$FULL_KEY")
    api "$URL/2.0/users?limit=1000" | grep -q "\"login\":\"$EMAIL\""
}
