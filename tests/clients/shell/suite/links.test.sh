# Links, as scripts pass them on.

test_links() {
    put "/a%20b.txt" "Ebb and flow" >put
    short=$(api -X POST "$API/1/shares/auto/a%20b.txt" | field url)
    long=$(api -d short_url=false "$API/1/shares/auto/a%20b.txt" | field url)
    curl -fsSL "$short" >page
    grep -q 'a b.txt' page
    equal "as a download" "Ebb and flow" "$(curl -fsSL "$long?dl=1")"
    media=$(api -X POST "$API/1/media/auto/a%20b.txt" | field url)
    equal "the bytes" "Ebb and flow" "$(curl -fsS "$media")"
    equal "a part" and "$(curl -fsS -r 4-6 "$media")"
}

test_copy_reference() {
    put /a.txt text >put
    reference=$(api "$API/1/copy_ref/auto/a.txt" | field copy_ref)
    api -d root=auto -d to_path=/b.txt --data-urlencode "from_copy_ref=$reference" "$API/1/fileops/copy" >copied
    equal "copied" text "$(api "$CONTENT/1/files/auto/b.txt")"
}
