"""Delta: replaying it by the client rules gives the listing, from any cursor and in any view."""

from ..raw import put_many
from .world import TestCase

FILES = 5000


def replay(entries, state=None):
    """Applies entries by the client rules; {lower-case path: metadata}."""
    state = {} if state is None else state
    for path, metadata in entries:
        if metadata is None or not metadata["is_dir"]:
            below = path + "/"
            for known in [known for known in state if known == path or known.startswith(below)]:
                del state[known]
        if metadata is not None:
            state[path] = metadata
    return state


class FirstListing(TestCase):
    def test_pages_of_five_thousand_files(self):
        """Every entry once, parents first, no deletions, `reset` on the first page only."""
        paths = ["/Tree/%02d/Sub %d/file %04d.txt" % (n % 50, n % 3, n) for n in range(FILES)]
        put_many(self.token, {path: b"%d" % n for n, path in enumerate(paths)})
        self.client.file_delete(paths[0])
        pages = [self.client.delta()]
        while pages[-1]["has_more"]:
            pages.append(self.client.delta(pages[-1]["cursor"]))
        self.assertGreater(len(pages), 1)
        self.assertEqual([page["reset"] for page in pages], [True] + [False] * (len(pages) - 1))
        self.assertEqual(len({page["cursor"] for page in pages}), len(pages))

        seen = set()
        files = []
        for path, metadata in (entry for page in pages for entry in page["entries"]):
            self.assertIsNotNone(metadata, path)
            self.assertEqual(path, metadata["path"].lower())
            self.assertNotIn(path, seen)
            parent = path.rsplit("/", 1)[0]
            self.assertTrue(parent == "" or parent in seen, "%s stands before its parent" % path)
            seen.add(path)
            if not metadata["is_dir"]:
                files.append(metadata["path"])
        self.assertEqual(sorted(files), sorted(paths[1:]))
        for path, metadata in pages[len(pages) // 2]["entries"][:5]:
            listed = self.client.metadata(path)
            self.assertEqual({k: v for k, v in listed.items() if k not in ("hash", "contents")}, metadata)

        end = self.client.delta(pages[-1]["cursor"])
        self.assertEqual((end["entries"], end["has_more"], end["reset"]), ([], False, False))

    def test_changes_between_pages(self):
        """What changes while pages are read is told too; the replay equals the listing."""
        put_many(self.token, {"/many/%04d" % n: b"x" for n in range(3000)})
        page = self.client.delta()
        self.assertTrue(page["has_more"])
        state = replay(page["entries"])
        self.client.file_move("/many", "/moved")
        self.put("/moved/new.txt")
        self.client.file_delete("/moved/0001")
        entries, _ = self.changes(page["cursor"])
        state = replay(entries, state)
        listed = {entry["path"].lower() for entry in self.client.metadata("/moved")["contents"]}
        self.assertEqual(set(state), listed | {"/moved"})

    def test_empty_account(self):
        page = self.client.delta()
        self.assertEqual((page["entries"], page["reset"], page["has_more"]), ([], True, False))
        self.assertTrue(page["cursor"])


class Changes(TestCase):
    def setUp(self):
        super().setUp()
        self.put("/keep.txt")
        self.entries, self.cursor = self.changes()

    def since(self):
        return self.changes(self.cursor)[0]

    def test_old_cursors_stay_valid(self):
        """The same cursor again tells the same changes, and never resets."""
        self.put("/a.txt", b"1")
        first = self.since()
        self.assertEqual(self.since(), first)
        self.put("/b.txt")
        self.assertEqual([path for path, _ in self.since()], ["/a.txt", "/b.txt"])
        self.assertFalse(self.client.delta(self.cursor)["reset"])

    def test_newest_last(self):
        for path in ["/z.txt", "/a.txt", "/m.txt"]:
            self.put(path)
        self.assertEqual([path for path, _ in self.since()], ["/z.txt", "/a.txt", "/m.txt"])

    def test_latest_state_only(self):
        for content in [b"1", b"22", b"333"]:
            self.put("/a.txt", content)
        entries = self.since()
        self.assertEqual([(path, metadata["bytes"]) for path, metadata in entries], [("/a.txt", 3)])

    def test_created_and_deleted(self):
        self.put("/a.txt")
        self.client.file_delete("/a.txt")
        self.assertEqual(replay(self.since()), {})

    def test_folder_made_anew_is_empty(self):
        """A folder deleted and made again between two calls: its old children must not survive."""
        self.put("/folder/old.txt")
        entries, cursor = self.changes(self.cursor)
        state = replay(entries)
        self.client.file_delete("/folder")
        self.client.file_create_folder("/folder")
        self.put("/folder/new.txt")
        replay(self.changes(cursor)[0], state)
        self.assertEqual(sorted(state), ["/folder", "/folder/new.txt"])

    def test_moved_folder(self):
        """The old path is told as gone, the new one with all that is in it."""
        self.put("/from/sub/a.txt")
        entries, cursor = self.changes(self.cursor)
        state = replay(entries)
        self.client.file_move("/from", "/to")
        moved = self.changes(cursor)[0]
        self.assertIn(["/from", None], moved)
        self.assertEqual(sorted(replay(moved, state)), ["/to", "/to/sub", "/to/sub/a.txt"])

    def test_latest_cursor(self):
        """Starts now: nothing of before, everything of after, no reset."""
        cursor = self.latest_cursor()
        self.assertEqual(self.client.delta(cursor)["entries"], [])
        self.put("/after.txt")
        page = self.client.delta(cursor)
        self.assertEqual(([path for path, _ in page["entries"]], page["reset"]), (["/after.txt"], False))


class Prefix(TestCase):
    def setUp(self):
        super().setUp()
        self.put("/Photos/2013/sea.jpg")
        self.put("/Photographs/other.jpg")
        self.put("/top.txt")

    def paths(self, cursor=None):
        return [path for path, _ in self.changes(cursor, path_prefix="/photos")[0]]

    def test_only_at_and_below(self):
        """The folder itself and what is in it; case and a trailing slash don't matter."""
        expected = ["/photos", "/photos/2013", "/photos/2013/sea.jpg"]
        self.assertEqual(self.paths(), expected)
        for spelling in ["/PHOTOS", "/photos/", "photos"]:
            answer = self.raw.post("/1/delta", path_prefix=spelling)
            self.assertEqual([path for path, _ in answer.json["entries"]], expected, spelling)

    def test_changes_elsewhere(self):
        cursor = self.client.delta(path_prefix="/photos")["cursor"]
        self.put("/elsewhere.txt")
        self.assertEqual(self.paths(cursor), [])
        self.put("/Photos/new.jpg")
        self.assertEqual(self.paths(cursor), ["/photos/new.jpg"])

    def test_folder_deleted(self):
        cursor = self.client.delta(path_prefix="/photos")["cursor"]
        self.client.file_delete("/Photos")
        entries, _ = self.changes(cursor, path_prefix="/photos")
        self.assertEqual(entries[0], ["/photos", None])

    def test_folder_moved_in_and_out(self):
        """A move across the border of the view shows as appearance and disappearance."""
        entries, cursor = self.changes(path_prefix="/photos")
        state = replay(entries)
        self.client.file_move("/Photos/2013", "/archive")
        entries, cursor = self.changes(cursor, path_prefix="/photos")
        self.assertEqual(sorted(replay(entries, state)), ["/photos"])
        self.client.file_move("/Photographs", "/Photos/more")
        entries, cursor = self.changes(cursor, path_prefix="/photos")
        self.assertEqual(sorted(replay(entries, state)), ["/photos", "/photos/more", "/photos/more/other.jpg"])
        self.client.file_move("/Photos", "/gone")
        entries, cursor = self.changes(cursor, path_prefix="/photos")
        self.assertEqual(replay(entries, state), {})

    def test_latest_cursor_with_prefix(self):
        cursor = self.latest_cursor(path_prefix="/photos")
        self.put("/Photos/new.jpg")
        self.put("/elsewhere.txt")
        self.assertEqual(self.paths(cursor), ["/photos/new.jpg"])

    def test_another_prefix(self):
        """A cursor serves the view it was made for."""
        cursor = self.client.delta(path_prefix="/photos")["cursor"]
        with self.refused(400):
            self.client.delta(cursor, path_prefix="/Photographs")


class BadCursor(TestCase):
    def test_refused(self):
        cursor = self.client.delta()["cursor"]
        turned = cursor[:10] + ("A" if cursor[10] != "A" else "B") + cursor[11:]
        for bad in ["nonsense", cursor[:-4], turned, cursor + "AAAA", "é"]:
            with self.subTest(bad), self.refused(400):
                self.client.delta(bad)

    def test_cursor_of_someone_else(self):
        stranger = self.world.new_person()
        page = self.bare(stranger.token()).post("/1/delta")
        with self.refused(400):
            self.client.delta(page.json["cursor"])

    def test_empty_cursor_is_none(self):
        self.assertTrue(self.raw.post("/1/delta", cursor="").json["reset"])
