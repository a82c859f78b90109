# What is told of apps, and of shared folders: there are none.

test_apps() {
    curl -fsS "$API/1/apps/info?app_key=$FULL_KEY" >info
    equal "name" Full "$(json 'it["name"]' <info)"
    equal "files" full_dropbox "$(json 'it["permissions"]["files"]' <info)"
    uid=$(api "$API/1/account/info" | field uid)
    equal "developer" false "$(curl -fsS "$API/1/apps/check_developer?app_key=$FULL_KEY&uid=$uid" | field is_developer)"
    equal "redirect" false "$(curl -fsS "$API/1/apps/check_redirect_uri?app_key=$FULL_KEY&redirect_uri=http://localhost/" | field has_redirect_uri)"
    equal "unknown" 400 "$(status "$API/1/apps/info?app_key=unknown")"
}

test_shared_folders() {
    equal "none" '[]' "$(api "$API/1/shared_folders" | json it)"
    equal "unknown" 404 "$(status -H "Authorization: Bearer $TOKEN" "$API/1/shared_folders/1")"
}
