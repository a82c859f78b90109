# Box's events by the raw steps of its guide: where to wait, waiting, and what there is.

# The address at which this person's changes are waited for, and the position of now.
where_to_wait() {
    api -X OPTIONS "$URL/2.0/events" >servers
    REALTIME=$(json 'it["entries"][0]["url"]' <servers)
    POSITION=$(api "$URL/2.0/events?stream_position=now" | json 'it["next_stream_position"]')
}

test_where_to_wait() {
    where_to_wait
    equal "type" realtime_server "$(json 'it["entries"][0]["type"]' <servers)"
    equal "spelling" "str str int" \
        "$(json '" ".join(type(it["entries"][0][name]).__name__ for name in ["ttl", "max_retries", "retry_timeout"])' <servers)"
    equal "count" 1 "$(json 'it["chunk_size"]' <servers)"
    matches "address" "^$URL/subscribe\?" "$REALTIME"
    matches "position" '^[1-9][0-9]*$' "$POSITION"
    equal "nobody" 401 "$(status -X OPTIONS "$URL/2.0/events")"
    equal "nobody is told why" 0 "$(wc -c <body)"
}

test_a_change_wakes() {
    where_to_wait
    # The address is all that is needed.
    curl -fsS "$REALTIME&stream_position=$POSITION" >woken &
    poll=$!
    # By the time that this is answered, the poll most likely waits; should it not, this shows less, but fails no less.
    api "$URL/2.0/users/me" >me
    put /a.txt tide >put
    wait $poll
    equal "message" new_change "$(field message <woken)"
    api "$URL/2.0/events?stream_position=$POSITION" >events
    equal "what it was" "1 ITEM_UPLOAD a.txt" \
        "$(json 'it["chunk_size"], it["entries"][0]["event_type"], it["entries"][0]["source"]["name"]' <events | tr -d "(),'")"
    next=$(json 'it["next_stream_position"]' <events)
    equal "nothing more" 0 "$(api "$URL/2.0/events?stream_position=$next" | json 'it["chunk_size"]')"
}

test_who_is_behind_does_not_wait() {
    where_to_wait
    put /a.txt tide >put
    for again in 1 2 3; do
        equal "message $again" new_change "$(curl -fsS -m 2 "$REALTIME&stream_position=$POSITION" | field message)"
    done
}

test_nothing_happens() {
    where_to_wait
    curl -fsS "$REALTIME&stream_position=$POSITION" >answer
    equal "message" reconnect "$(field message <answer)"
}

# A channel that nobody has is no error, and no reason to ask again at once.
test_no_such_channel() {
    began=$(date +%s)
    equal "status" 200 "$(status "$URL/subscribe?channel=nonsense&stream_type=all&stream_position=1")"
    equal "message" reconnect "$(field message <body)"
    [ $(($(date +%s) - began)) -ge 1 ]
}

test_positions() {
    for name in a b c; do put "/$name.txt" tide >put; done
    position=0 seen=
    for page in 1 2 3; do
        api "$URL/2.0/events?stream_position=$position&limit=1" >events
        seen="$seen$(json 'it["entries"][0]["source"]["name"]' <events) "
        position=$(json 'it["next_stream_position"]' <events)
    done
    equal "in order" "a.txt b.txt c.txt " "$seen"
    equal "the head" "$position" "$(api "$URL/2.0/events?stream_position=now&limit=0" | json 'it["next_stream_position"]')"
    equal "beyond it" "$position" "$(api "$URL/2.0/events?stream_position=99999999" | json 'it["next_stream_position"]')"
    equal "no number" 400 "$(status -H "Authorization: Bearer $TOKEN" "$URL/2.0/events?stream_position=soon")"
}
