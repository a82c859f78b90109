"""Events: the stream by long polling, and pages of what was."""

from box_sdk_gen import GetEventsStreamType, GetEventStreamQueryParams

from ..box.stream import StreamTests
from .world import Hands, TestCase


class Stream(StreamTests, TestCase):
    def hands(self):
        return Hands(self.client)

    def position(self):
        return str(self.client.events.get_events(stream_position="now").next_stream_position)

    def stream(self, position, stream_type):
        # A client of its own: the other one is at work in another thread.
        params = GetEventStreamQueryParams(stream_position=position, stream_type=stream_type)
        for event in self.new_client().events.get_event_stream(query_params=params):
            yield event.event_id, event.event_type.value, event.source.name


class Pages(TestCase):
    def test_pages_of_a_limit(self):
        """Full pages as long as there is more; the last position stays where it is."""
        for number in range(7):
            self.upload("%d.txt" % number)
        events, position, sizes = [], "0", []
        while not sizes or sizes[-1]:
            page = self.client.events.get_events(limit=3, stream_position=position)
            self.assertEqual(page.chunk_size, len(page.entries))
            sizes.append(len(page.entries))
            events += page.entries
            position = str(page.next_stream_position)
        self.assertEqual(sizes, [3, 3, 1, 0])
        self.assertEqual([event.source.name for event in events], ["%d.txt" % number for number in range(7)])
        self.assertEqual(len({event.event_id for event in events}), 7)

    def test_an_event(self):
        """What a program reads of an event, and of the file in it."""
        folder = self.folder("Folder")
        file = self.upload("file.txt", parent=folder.id)
        created, uploaded = self.client.events.get_events(stream_position="0").entries
        self.assertEqual((created.event_type.value, created.source.type, created.source.id), ("ITEM_CREATE", "folder", folder.id))
        self.assertEqual((uploaded.event_type.value, uploaded.source.type, uploaded.source.id), ("ITEM_UPLOAD", "file", file.id))
        self.assertEqual(uploaded.created_by.id, self.client.users.get_user_me().id)
        self.assertEqual(uploaded.source.parent.id, folder.id)
        self.assertEqual(uploaded.source.sha_1, file.sha_1)
        self.assertEqual(uploaded.created_at.tzinfo is None, False)

    def test_where_to_wait(self):
        """The parts of the answer that the stream of this SDK relies on."""
        servers = self.client.events.get_events_with_long_polling()
        self.assertEqual(servers.chunk_size, len(servers.entries))
        server = servers.entries[0]
        self.assertEqual(server.type, "realtime_server")
        self.assertTrue(server.url.startswith(self.server.url), server.url)
        self.assertGreater(int(server.max_retries), 0)

    def test_enterprise_streams_are_refused(self):
        with self.refused(403, "insufficient_scope"):
            self.client.events.get_events(stream_type=GetEventsStreamType.ADMIN_LOGS)
