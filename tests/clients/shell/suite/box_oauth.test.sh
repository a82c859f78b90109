# Box's OAuth 2 with nothing but curl: a code from the page becomes a pair of tokens, which is refreshed and revoked.

# An app with somewhere to send the browser back to, and this person's code for it.
start_code() {
    admin app add "Box $EMAIL" --access full --redirect-uri http://localhost:53682/callback >app
    KEY=$(field app_key <app) SECRET=$(field app_secret <app)
    new_code
}

new_code() {
    authorize "$URL/api/oauth2/authorize?response_type=code&client_id=$KEY&state=tide" allow
    CODE=$(sed -n 's/^[Ll]ocation: .*[?&]code=\([^&\r]*\).*/\1/p' head)
    matches "the code" '^[-_A-Za-z0-9]{20,}$' "$CODE"
}

token() {
    status "$@" "$URL/oauth2/token"
}

works() {
    equal "status" 200 "$(status -H "Authorization: Bearer $1" "$URL/2.0/users/me")"
}

test_code_refresh_revoke() {
    start_code
    equal "exchange" 200 "$(token -d "grant_type=authorization_code&code=$CODE&client_id=$KEY&client_secret=$SECRET")"
    first=$(field access_token <body) old=$(field refresh_token <body)
    equal "form" "bearer int list" "$(json 'it["token_type"], type(it["expires_in"]).__name__, type(it["restricted_to"]).__name__' <body | tr -d "(),'")"
    works "$first"
    equal "the code again" 400 "$(token -d "grant_type=authorization_code&code=$CODE&client_id=$KEY&client_secret=$SECRET")"
    equal "why" invalid_grant "$(field error <body)"
}

test_refresh() {
    start_code
    # As one client does: the app's secret in the header, and nothing of it in the form.
    equal "exchange" 200 "$(token -u "$KEY:$SECRET" -d "grant_type=authorization_code&code=$CODE")"
    old=$(field refresh_token <body)
    equal "a wrong secret" 400 "$(token -d "grant_type=refresh_token&refresh_token=$old&client_id=$KEY&client_secret=wrong")"
    equal "why" invalid_client "$(field error <body)"
    equal "refresh" 200 "$(token -d "grant_type=refresh_token&refresh_token=$old&client_id=$KEY&client_secret=$SECRET")"
    second=$(field access_token <body) new=$(field refresh_token <body)
    works "$second"
    equal "the old one" 400 "$(token -d "grant_type=refresh_token&refresh_token=$old&client_id=$KEY&client_secret=$SECRET")"
    equal "why" invalid_grant "$(field error <body)"
}

test_revoke() {
    start_code
    equal "exchange" 200 "$(status -d "grant_type=authorization_code&code=$CODE&client_id=$KEY&client_secret=$SECRET" "$URL/api/oauth2/token")"
    access=$(field access_token <body) refresh=$(field refresh_token <body)
    equal "revoke" 200 "$(status -d "client_id=$KEY&client_secret=$SECRET&token=$access" "$URL/oauth2/revoke")"
    equal "the access token" 401 "$(status -H "Authorization: Bearer $access" "$URL/2.0/users/me")"
    # What is gone is what was asked for.
    equal "again" 200 "$(status -d "client_id=$KEY&client_secret=$SECRET&token=$access" "$URL/api/oauth2/revoke")"
    equal "the refresh token" 400 "$(token -d "grant_type=refresh_token&refresh_token=$refresh&client_id=$KEY&client_secret=$SECRET")"
}

test_deny() {
    start_code
    authorize "$URL/api/oauth2/authorize?response_type=code&client_id=$KEY&state=tide" deny
    grep -q 'error=access_denied' head
}
