# Files by their names.

test_search() {
    put "/Notes/Tide%20table.txt" x >put
    put /Notes/other.txt x >put
    equal "by GET" "/Notes/Tide table.txt" "$(api --get -d query=TABLE "$API/1/search/auto/" | json 'it[0]["path"]')"
    equal "by POST" "/Notes/Tide table.txt" "$(api -d query=tide+tab "$API/1/search/auto/Notes" | json 'it[0]["path"]')"
    equal "nothing" '[]' "$(api -d query=unheard "$API/1/search/auto/" | json it)"
    equal "an empty query" 400 "$(status -H "Authorization: Bearer $TOKEN" "$API/1/search/auto/?query=")"
}
