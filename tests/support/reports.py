"""What a run says of itself in --report FILE.json (sender/report/README.md), checked while read."""
import json
import pathlib


class Report:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.record = json.loads(self.path.read_text())

    @property
    def targets(self):
        return self.record["targets"]

    def books(self, target=0):
        """The books of one target, after checking that they add up."""
        books = self.targets[target]["books"]
        assert books["due"] == books["written"] + books["refused"] + books["dropped"], books
        assert books["cut"] <= books["written"], books
        reasons = sum(books["by_reason"].values())
        assert reasons == books["refused"] + books["dropped"], books
        if books.get("stream"):
            parts = books["drained"] + books["acknowledged"] + books["uncertain"]
            assert books["written"] == parts, books
        return books
