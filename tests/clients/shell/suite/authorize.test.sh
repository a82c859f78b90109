# OAuth 2 with nothing but curl: a code from the page becomes a token.

# The parameters of the token request stand in the query; there is no body.
test_link() {
    mkfifo code
    "$here/programs/link.sh" "$FULL_KEY" "$FULL_SECRET" <code >token 2>told &
    program=$!
    exec 3>code
    until [ "$(wc -l <told)" -ge 2 ]; do kill -0 $program; sleep 0.05; done
    authorize "$(tail -n 1 told)" allow
    code=$(sed -n 's/.*id="auth-code">\([^<]*\)<.*/\1/p' page)
    matches "the code" '^[-_A-Za-z0-9]{20,}$' "$code"
    echo "$code" >&3
    exec 3>&-
    wait $program
    TOKEN=$(cat token)
    equal "whose token it is" "$EMAIL" "$(api "$API/1/account/info" | field email)"
    # A code works once.
    equal "the code again" 400 "$(status -X POST \
        "$API/1/oauth2/token?grant_type=authorization_code&code=$code&client_id=$FULL_KEY&client_secret=$FULL_SECRET")"
    equal "why" invalid_grant "$(field error <body)"
}

test_deny() {
    authorize "$WEB/1/oauth2/authorize?response_type=code&client_id=$FULL_KEY" deny
    grep -q 'Not allowed' page
    if grep auth-code page; then return 1; fi
}

test_disable_token() {
    api -X POST "$API/1/disable_access_token"
    equal "account/info" 401 "$(status -H "Authorization: Bearer $TOKEN" "$API/1/account/info")"
    TOKEN=$(token_of "$FULL_KEY")
    api -X POST "$API/1/unlink_access_token"
    equal "account/info" 401 "$(status -H "Authorization: Bearer $TOKEN" "$API/1/account/info")"
}

# A link that needs no header, as scripts and browsers use it.
test_token_in_query() {
    equal "account/info" 200 "$(status "$API/1/account/info?access_token=$TOKEN")"
    equal "whose" "$EMAIL" "$(field email <body)"
}
