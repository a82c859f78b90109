# Thumbnails, previews, and what a picture tells of itself.

test_thumbnail() {
    api -T "$here/../files/venice.jpg" "$CONTENT/1/files_put/auto/venice.jpg" >put
    equal "status" 200 "$(status -H "Authorization: Bearer $TOKEN" "$CONTENT/1/thumbnails/auto/venice.jpg?size=s&format=png")"
    equal "kind" PNG "$(head -c 4 body | tail -c 3)"
    matches "metadata" '"path": ?"/venice.jpg"' "$(grep -i '^x-dropbox-metadata:' head)"
}

test_preview() {
    api -T "$here/../files/tides.xlsx" "$CONTENT/1/files_put/auto/tides.xlsx" >put
    equal "status" 200 "$(status -H "Authorization: Bearer $TOKEN" "$CONTENT/1/previews/auto/tides.xlsx")"
    matches "kind" text/html "$(grep -i '^content-type:' head)"
    grep -q 04:12 body
    matches "length" "$(wc -c <"$here/../files/tides.xlsx" | tr -d ' ')" "$(grep -i '^original-content-length:' head)"
    put /text.txt text >put
    equal "no preview" 404 "$(status -H "Authorization: Bearer $TOKEN" "$CONTENT/1/previews/auto/text.txt")"
}
