#!/bin/sh
# Links an account: shows the page on which to allow the app, reads the code that it shows, prints the token.
#
#   link.sh APP_KEY APP_SECRET
set -eu

WEB=${WEB:-https://www.dropbox.com}
API=${API:-https://api.dropbox.com}

echo "open this page, press Allow, and copy the code:" >&2
echo "$WEB/1/oauth2/authorize?response_type=code&client_id=$1" >&2
read -r code
# Every parameter in the query, and a POST with nothing in it.
curl -fsS -X POST "$API/1/oauth2/token?grant_type=authorization_code&code=$code&client_id=$1&client_secret=$2" |
    sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p'
