# Folders by curl: listings and their hash, and the operations on files.

test_listing_and_its_hash() {
    put /Folder/a.txt a >first
    put /Folder/b.txt b >second
    api "$API/1/metadata/auto/Folder?list=true" >listing
    equal "contents" "/Folder/a.txt /Folder/b.txt" "$(json '" ".join(sorted(entry["path"] for entry in it["contents"]))' <listing)"
    hash=$(json 'it["hash"]' <listing)
    equal "unchanged" 304 "$(status -H "Authorization: Bearer $TOKEN" "$API/1/metadata/auto/Folder?hash=$hash")"
    equal "its length" 0 "$(wc -c <body | tr -d ' ')"
    put /Folder/c.txt c >third
    equal "changed" 200 "$(status -H "Authorization: Bearer $TOKEN" "$API/1/metadata/auto/Folder?hash=$hash")"
}

test_operations() {
    api -d root=auto -d path=/A "$API/1/fileops/create_folder" >made
    equal "twice" 403 "$(status -H "Authorization: Bearer $TOKEN" -d root=auto -d path=/A "$API/1/fileops/create_folder")"
    put /A/a.txt text >first
    api -d root=auto -d from_path=/A -d to_path=/B "$API/1/fileops/move" >moved
    equal "moved" /B "$(json 'it["path"]' <moved)"
    api -d root=auto -d from_path=/B/a.txt --data-urlencode "to_path=/copy é.txt" "$API/1/fileops/copy" >copied
    equal "copied" "/copy é.txt" "$(json 'it["path"]' <copied)"
    api -d root=auto -d path=/B "$API/1/fileops/delete" >deleted
    equal "deleted" True "$(json 'it["is_deleted"]' <deleted)"
    equal "what is left" "/copy é.txt" "$(api "$API/1/metadata/auto/" | json '" ".join(entry["path"] for entry in it["contents"])')"
}
