#!/bin/sh
# Uploads a large file in pieces of 4 MB, and prints the metadata of what it became.
#
#   upload.sh TOKEN FILE PATH
set -eu

CONTENT=${CONTENT:-https://api-content.dropbox.com}
PIECE=4194304

token=$1 file=$2 path=$3
size=$(wc -c <"$file")
offset=0
query=

# The answers are small and flat: sed reads them.
field() {
    sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p"
}

while [ "$offset" -lt "$size" ]; do
    answer=$(dd if="$file" bs=$PIECE skip=$((offset / PIECE)) count=1 2>/dev/null |
        curl -fsS -X PUT -H "Authorization: Bearer $token" --data-binary @- "$CONTENT/1/chunked_upload$query")
    id=$(echo "$answer" | field upload_id)
    offset=$(echo "$answer" | field offset)
    query="?upload_id=$id&offset=$offset"
done

curl -fsS -H "Authorization: Bearer $token" -d "upload_id=$id" -d overwrite=true \
    "$CONTENT/1/commit_chunked_upload/auto$path"
