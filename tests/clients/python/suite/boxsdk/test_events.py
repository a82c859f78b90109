"""Events: the stream by long polling, and pages of what was."""

from boxsdk.object.events import UserEventsStreamType

from ..box.stream import StreamTests
from .world import Hands, TestCase


class Stream(StreamTests, TestCase):
    def hands(self):
        return Hands(self.client)

    def position(self):
        return self.client.events().get_latest_stream_position()

    def stream(self, position, stream_type):
        kind = UserEventsStreamType(stream_type or "all")
        # A client of its own: the other one is at work in another thread.
        events = self.new_client().events().generate_events_with_long_polling(position, kind)
        for event in events:
            yield event.event_id, event.event_type, event.source.name


class Pages(TestCase):
    def test_pages_of_a_limit(self):
        """Full pages as long as there is more; the last position stays where it is."""
        for number in range(7):
            self.upload("%d.txt" % number)
        events, position, sizes = [], 0, []
        while not sizes or sizes[-1]:
            page = self.client.events().get_events(limit=3, stream_position=position)
            self.assertEqual(page["chunk_size"], len(page["entries"]))
            sizes.append(len(page["entries"]))
            events += page["entries"]
            position = page["next_stream_position"]
        self.assertEqual(sizes, [3, 3, 1, 0])
        self.assertEqual([event.source.name for event in events], ["%d.txt" % number for number in range(7)])
        self.assertEqual(len({event.event_id for event in events}), 7)
        self.assertEqual(position, self.client.events().get_latest_stream_position())

    def test_an_event(self):
        """What a program reads of an event, and of the file in it."""
        position = self.client.events().get_latest_stream_position()
        folder = self.root.create_subfolder("Folder")
        file = self.upload("file.txt", folder=folder)
        created, uploaded = self.client.events().get_events(stream_position=position)["entries"]
        me = self.client.user().get()
        self.assertEqual((created.event_type, created.source.type, created.source.id), ("ITEM_CREATE", "folder", folder.id))
        self.assertEqual((uploaded.event_type, uploaded.source.type, uploaded.source.id), ("ITEM_UPLOAD", "file", file.id))
        self.assertEqual(uploaded.created_by["id"], me.id)
        self.assertEqual(uploaded.source.parent["id"], folder.id)
        self.assertEqual(uploaded.source.sha1, file.sha1)
        self.assertEqual(len(uploaded.event_id), 40)
        again = self.client.events().get_events(stream_position=position)["entries"]
        self.assertEqual([event.event_id for event in again], [created.event_id, uploaded.event_id])

    def test_enterprise_streams_are_refused(self):
        with self.refused(403, "insufficient_scope"):
            self.client.events().get_admin_events()
