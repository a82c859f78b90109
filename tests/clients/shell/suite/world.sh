# What a test finds around itself: a server, its apps, an account of its own, and words to say what must be.
#
# A test runs in an empty folder. It ends at the first command that fails.

start_server() {
    # What it gets from elsewhere is on this machine, too.
    # A stream that waits is answered soon, so that a test can wait for it.
    TIDEMARK_BOX_REALTIME_HOLD=2 TIDEMARK_EGRESS_ALLOW=127.0.0.1 "$binary" serve --data "$scratch/data" --listen 127.0.0.1:0 >"$scratch/server.log" 2>&1 &
    server=$!
    waited=0
    until URL=$(sed -n 's/.*\(http:\/\/127\.0\.0\.1:[0-9]*\).*/\1/p' "$scratch/server.log" | head -n 1) && [ -n "$URL" ]; do
        waited=$((waited + 1))
        if [ $waited -gt 200 ] || ! kill -0 "$server"; then
            echo "the server told no URL; its output:"
            cat "$scratch/server.log"
            exit 1
        fi
        sleep 0.1
    done
    # The programs are told where the hosts of the retired service are today.
    export API="$URL" CONTENT="$URL" NOTIFY="$URL" WEB="$URL"
}

# Asks it to end; fails if it does not do so well.
stop_server() {
    kill "$server"
    wait "$server" || { echo "the server did not end well when it was asked to"; server=; return 1; }
    server=
}

admin() {
    "$binary" "$@" --data "$scratch/data"
}

start_apps() {
    admin app add Full --access full >"$scratch/full"
    admin app add Notebook --access app-folder >"$scratch/folder"
    FULL_KEY=$(field app_key <"$scratch/full") FULL_SECRET=$(field app_secret <"$scratch/full")
    FOLDER_KEY=$(field app_key <"$scratch/folder")
}

# A person with an empty account, and a token for it.
start_person() {
    EMAIL=$(echo "$TIDEMARK_TEST" | tr '/_' '--')@example.org
    PASSWORD="correct horse"
    echo "$PASSWORD" | admin user add "$EMAIL" --password-stdin --name "Ada King" >/dev/null
    TOKEN=$(token_of "$FULL_KEY")
}

token_of() {
    admin token create --app "$1" --user "$EMAIL"
}

# Whether a test was asked for.
chosen() {
    [ -n "$words" ] || return 0
    for word in $words; do
        case $1 in *"$word"*) return 0 ;; esac
    done
    return 1
}

# A value of a small, flat piece of JSON.
field() {
    sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1
}

# A value of any piece of JSON, as a Python expression of `it`.
json() {
    python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"
}

# curl with the person's token; fails at a refusal.
api() {
    curl -fsS -H "Authorization: Bearer $TOKEN" "$@"
}

# The status of an answer; its body in `body`, its head in `head`.
status() {
    : >body
    curl -sS -o body -D head -w '%{http_code}' "$@"
}

# Uploads a text.
put() {
    printf '%s' "$2" | api -X PUT --data-binary @- "$CONTENT/1/files_put/auto$1"
}

equal() {
    [ "$2" = "$3" ] && return
    echo "$1: expected '$2', found '$3'"
    return 1
}

matches() {
    echo "$3" | grep -Eq "$2" && return
    echo "$1: '$3' does not match $2"
    return 1
}

# The id of what Box's protocol answers: an object, or the one entry of a list.
id_of() {
    json 'it["id"] if "id" in it else it["entries"][0]["id"]'
}

# Uploads a text by Box's protocol, into the folder with this id; its id.
box_upload() {
    printf '%s' "$3" >content
    api -F "attributes={\"name\":\"$2\",\"parent\":{\"id\":\"$1\"}}" -F file=@content "$URL/api/2.0/files/content" | id_of
}

sha256() {
    sha256sum "$1" | cut -d ' ' -f 1
}

# A browser without scripts: fetches a page into `page`, with its cookies.
visit() {
    curl -sS -o page -b cookies -c cookies -D head "$@"
    # A redirect is followed by hand, as a GET.
    location=$(sed -n 's/^[Ll]ocation: *\([^\r]*\).*/\1/p' head | tr -d '\r')
    case $location in
    /*) visit "$URL$location" ;;
    "$URL"/*) visit "$location" ;;
    esac
}

# The attributes of the page's hidden fields, as curl's options.
hidden_fields() {
    tr '\n' ' ' <page | grep -o '<input type="hidden"[^>]*>' | unescaped |
        sed 's/.*name="\([^"]*\)" value="\([^"]*\)".*/\1=\2/' >fields
    while IFS= read -r pair; do printf -- '--data-urlencode\n%s\n' "$pair"; done <fields
}

unescaped() {
    sed 's/&quot;/"/g; s/&#34;/"/g; s/&#39;/'"'"'/g; s/&#x27;/'"'"'/g; s/&lt;/</g; s/&gt;/>/g; s/&#38;/\&/g; s/&amp;/\&/g'
}

# Sends the form of the page, with its hidden fields and those given.
submit() {
    action=$(sed -n 's/.*<form[^>]*action="\([^"]*\)".*/\1/p' page | head -n 1 | unescaped)
    hidden_fields >options
    while IFS= read -r option; do set -- "$@" "$option"; done <options
    visit -H "Origin: $URL" "$@" "$URL$action"
}

# From an authorize URL, through sign-in and consent.
authorize() {
    visit "$1"
    if grep -q 'type="password"' page; then
        submit --data-urlencode "email=$EMAIL" --data-urlencode "password=$PASSWORD"
    fi
    grep -q 'value="allow"' page
    submit -d "decision=$2"
}
