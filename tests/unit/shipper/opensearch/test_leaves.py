from shipper.opensearch.leaves import Comparison, compare, differences, fingerprint, leaves, tree

IP = {"type": "ip"}
LONG = {"type": "long"}
WORD = {"type": "keyword", "ignore_above": 1024}


def test_a_tree_and_its_leaves_are_one() -> None:
    flat = {"a.type": WORD, "a.b.c": IP, "d": {"type": "alias", "path": "a.b.c"}}
    properties = {
        "a": {"properties": {"type": WORD, "b": {"properties": {"c": IP}}}},
        "d": {"type": "alias", "path": "a.b.c"},
    }
    assert tree(flat) == properties
    assert leaves(properties) == flat
    assert leaves({"empty": {"type": "object", "properties": {}}}) == {}


def test_only_what_is_missing_is_added_and_what_differs_needs_a_new_partition() -> None:
    desired = {"same": IP, "new.deep": LONG, "other": LONG, "wider": WORD, "under.leaf": IP, "over": IP}
    actual = {
        "same": IP,
        "other": WORD,
        "wider": WORD | {"ignore_above": 10},
        "under": IP,
        "over.leaf": IP,
        "own": LONG,
    }
    assert compare(desired, actual) == Comparison({"new.deep": LONG, "wider": WORD}, ("other", "under.leaf", "over"))


def test_a_parameter_that_cannot_change_is_not_tried() -> None:
    unindexed = {"type": "keyword", "index": False}
    assert compare({"a": WORD}, {"a": unindexed}) == Comparison({}, ("a",))


def test_a_leaf_may_be_copied_to_another_from_now_on() -> None:
    wanted = {"a": IP | {"copy_to": ["b"]}, "b": IP}
    assert compare(wanted, {"a": IP, "b": IP}) == Comparison({"a": wanted["a"]}, ())
    assert compare(wanted, wanted) == Comparison({}, ())


def test_an_index_that_is_no_longer_wanted_stays() -> None:
    wanted = {"a": WORD | {"index": False}, "b": LONG | {"index": False, "doc_values": False}, "c": LONG}
    there = {"a": WORD | {"ignore_above": 10}, "b": LONG | {"doc_values": False}, "c": LONG | {"index": False}}
    assert compare(wanted, there) == Comparison({"a": WORD}, ("c",)), "what is asked of c would be answered slowly"


def test_a_date_keeps_the_format_that_reads_all() -> None:
    alone = {"type": "date", "format": "general"}
    wanted = {"a": alone | {"format": "quick||general", "copy_to": ["b"]}, "b": IP}
    assert compare(wanted, {"a": alone, "b": IP}) == Comparison({"a": alone | {"copy_to": ["b"]}}, ())
    assert compare(wanted, {"a": alone | {"copy_to": ["b"]}, "b": IP}) == Comparison({}, ())
    for other in ("quick", "other", "notgeneral"):
        assert compare(wanted, {"a": alone | {"format": other}, "b": IP}).fixed == ("a",), other


SENT = {
    "template": {"settings": {"index.codec": "x", "index.shards": 1, "index.on": True}, "mappings": {"dynamic": False}}
}
GIVEN_BACK = {
    "template": {
        "settings": {"index": {"codec": "x", "shards": "1", "on": "true"}},
        "mappings": {"dynamic": False},
        "aliases": {},
    },
    "version": None,
}


def test_what_comes_back_is_what_was_sent() -> None:
    assert differences(SENT, GIVEN_BACK) == ()
    assert fingerprint(SENT) == fingerprint(GIVEN_BACK)


def test_an_edit_is_named() -> None:
    edited = {"template": {"settings": {"index": {"codec": "y", "shards": "1"}}, "mappings": {"dynamic": True}}}
    assert differences(SENT, edited) == (
        "template.mappings.dynamic",
        "template.settings.index.codec",
        "template.settings.index.on",
    )
    assert fingerprint(SENT) != fingerprint(edited)
