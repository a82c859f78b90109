# OAuth 1 with nothing but curl, as the uploaders of the first years had it: PLAINTEXT, which needs no more than joining
# two secrets.

# The parameters of a signed request; the secret of the token is last, and empty while there is none.
signed() {
    printf 'oauth_consumer_key=%s&oauth_signature_method=PLAINTEXT&oauth_signature=%s%%26%s' "$FULL_KEY" "$FULL_SECRET" "$2"
    [ -z "$1" ] || printf '&oauth_token=%s' "$1"
}

# A value of a form.
of_form() {
    tr '&' '\n' | sed -n "s/^$1=//p"
}

# Request token, page, access token: what the last step answers is in `access`.
link_by_oauth1() {
    curl -fsS -X POST "$API/1/oauth/request_token?$(signed '' '')" >request
    authorize "$WEB/1/oauth/authorize?oauth_token=$(of_form oauth_token <request)" "$1"
    exchange
}

exchange() {
    step3=$(signed "$(of_form oauth_token <request)" "$(of_form oauth_token_secret <request)")
    outcome=$(status -X POST "$API/1/oauth/access_token?$step3")
    cp body access
}

test_link_by_oauth1() {
    link_by_oauth1 allow
    equal "status" 200 "$outcome"
    query=$(signed "$(of_form oauth_token <access)" "$(of_form oauth_token_secret <access)")
    # In the query of a GET and of an upload; in a form; in a header.
    curl -fsS "$API/1/account/info?$query" >account
    equal "whose" "$EMAIL" "$(field email <account)"
    equal "uid" "$(of_form uid <access)" "$(field uid <account)"
    printf text | curl -fsS -X PUT --data-binary @- "$CONTENT/1/files_put/dropbox/a%20b.txt?$query" >put
    curl -fsS -d "$query" -d root=dropbox -d path=/Folder "$API/1/fileops/create_folder" >made
    header=$(echo "$query" | sed 's/=/="/g; s/&/", /g')
    equal "text" text "$(curl -fsS -H "Authorization: OAuth $header\"" "$CONTENT/1/files/dropbox/a%20b.txt")"
    # A request token works once.
    exchange
    equal "again" 401 "$outcome"
}

test_oauth1_denied() {
    link_by_oauth1 deny
    equal "status" 401 "$outcome"
}

test_oauth1_wrong_secret() {
    FULL_SECRET=wrong
    equal "status" 403 "$(status -X POST "$API/1/oauth/request_token?$(signed '' '')")"
}

# The program goes over to OAuth 2 without asking anybody; its old token stays until it is disabled.
test_token_from_oauth1() {
    link_by_oauth1 allow
    query=$(signed "$(of_form oauth_token <access)" "$(of_form oauth_token_secret <access)")
    curl -fsS -X POST "$API/1/oauth2/token_from_oauth1?$query" >upgraded
    equal "type" bearer "$(field token_type <upgraded)"
    TOKEN=$(field access_token <upgraded)
    equal "whose" "$EMAIL" "$(api "$API/1/account/info" | field email)"
    curl -fsS -X POST "$API/1/disable_access_token?$query" >disabled
    equal "the old one" 401 "$(status "$API/1/account/info?$query")"
    equal "the new one" "$EMAIL" "$(api "$API/1/account/info" | field email)"
}
