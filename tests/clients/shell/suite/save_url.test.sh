# Files that the server gets from elsewhere.

# Serves this folder on the loopback: its address is in SOURCE.
start_source() {
    python3 -c '
import functools, http.server
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="source")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print("http://127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
' >source-url 2>/dev/null &
    source_server=$!
    trap 'kill $source_server' EXIT
    until [ -s source-url ]; do kill -0 $source_server; sleep 0.05; done
    SOURCE=$(cat source-url)
}

# Waits for the end of a job; prints how it ended.
job_end() {
    for attempt in $(seq 300); do
        api "$API/1/save_url_job/$1" >job
        case $(field status <job) in
        COMPLETE | FAILED) field status <job; return ;;
        esac
        sleep 0.1
    done
    cat job
    return 1
}

test_save_url() {
    mkdir source
    head -c 3000000 /dev/urandom >source/data.bin
    start_source
    job=$(api --data-urlencode "url=$SOURCE/data.bin" "$API/1/save_url/auto/Saved/data.bin" | field job)
    equal "its end" COMPLETE "$(job_end "$job")"
    api -o back "$CONTENT/1/files/auto/Saved/data.bin"
    cmp source/data.bin back
    # What is there already is kept.
    job=$(api --data-urlencode "url=$SOURCE/data.bin" "$API/1/save_url/auto/Saved/data.bin" | field job)
    equal "its end" COMPLETE "$(job_end "$job")"
    equal "beside" 3000000 "$(api "$API/1/metadata/auto/Saved/data%20(1).bin" | field bytes)"
    job=$(api --data-urlencode "url=$SOURCE/nothing" "$API/1/save_url/auto/nothing" | field job)
    equal "its end" FAILED "$(job_end "$job")"
    [ -n "$(field error <job)" ]
    equal "unknown job" 404 "$(status -H "Authorization: Bearer $TOKEN" "$API/1/save_url_job/unknown")"
}
