"""Search: words inside of names, whatever their case and accents."""

from .world import TestCase


class Search(TestCase):
    def setUp(self):
        super().setUp()
        for path in ["/Texts/Téxt one.txt", "/Texts/Deep/text TWO.md", "/text.txt", "/Other/picture.png"]:
            self.put(path)

    def found(self, path, query, **options):
        return sorted(entry["path"] for entry in self.client.search(path, query, **options))

    def test_words(self):
        """Every word must be in the name; a word may stand inside another; a folder is found by its own name."""
        everything = ["/Texts", "/Texts/Deep/text TWO.md", "/Texts/Téxt one.txt", "/text.txt"]
        for query in ["text", "TEX", "téx", " text "]:
            with self.subTest(query):
                self.assertEqual(self.found("/", query), everything)
        self.assertEqual(self.found("/", "two text"), ["/Texts/Deep/text TWO.md"])
        self.assertEqual(self.found("/", "png"), ["/Other/picture.png"])
        self.assertEqual(self.found("/", "text nothing"), [])

    def test_below_a_folder(self):
        """Only what is below it, and not the folder itself."""
        self.assertEqual(self.found("/texts", "text"), ["/Texts/Deep/text TWO.md", "/Texts/Téxt one.txt"])
        with self.refused(404):
            self.client.search("/nothing", "text")

    def test_entries(self):
        """What is found is told as `metadata` tells it, without a listing."""
        entry = self.client.search("/Other", "picture")[0]
        self.assertEqual(entry, self.client.metadata("/Other/picture.png"))
        folder = next(entry for entry in self.client.search("/", "texts") if entry["is_dir"])
        self.assertFalse({"hash", "contents"} & set(folder))

    def test_follows_changes(self):
        self.client.file_move("/Texts/Deep", "/Moved")
        self.assertEqual(self.found("/", "two"), ["/Moved/text TWO.md"])
        self.client.file_delete("/Moved")
        self.assertEqual(self.found("/", "two"), [])
        deleted = self.client.search("/", "two", include_deleted=True)
        self.assertTrue(deleted)
        self.assertTrue(all(entry["is_deleted"] for entry in deleted))

    def test_limit(self):
        self.assertEqual(len(self.client.search("/", "text", file_limit=2)), 2)

    def test_bad_queries(self):
        for query in ["", "  ", "ab"]:
            with self.subTest(query), self.refused(400):
                self.client.search("/", query)
