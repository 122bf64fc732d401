"""Files of learned energies: there and back, and what damaged ones come to."""

import io
import json
import os
import struct
import zipfile
from importlib import resources

import numpy as np
import pytest

import talweg
from talweg.energies import read_energy, shipped_fields
from talweg.energies.beginning import first_parameters
from talweg.energies.fields import fields_energy
from talweg.energies.learned import LearnedEnergy, Parameters
from talweg.errors import ImageError

CARD = {"trained_on": "two pictures", "Größe": [1, 2.5, None]}


@pytest.fixture(scope="module")
def energy():
    rng = np.random.default_rng(0)
    made = (
        (array + 0.1 * rng.normal(size=array.shape)).astype(np.float32)
        for array in first_parameters(8, 4, 2, 3)
    )
    return LearnedEnergy("small", fields_energy, parameters=Parameters(*made), card=CARD)


@pytest.fixture(scope="module")
def saved(energy, tmp_path_factory):
    path = tmp_path_factory.mktemp("energies") / "small.energy"
    talweg.save_energy(path, energy)
    return path


@pytest.fixture(scope="module")
def arrays(saved):
    with np.load(saved) as archive:
        return dict(archive)


def refused(path, content, *words):
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        talweg.load_energy(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    for word in words:
        assert word in message
    return message


def packed(arrays):
    """Return the bytes of an archive of arrays, or of bytes that claim to be arrays."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            content = array
            if not isinstance(array, bytes):
                own = io.BytesIO()
                np.save(own, array, allow_pickle=True)
                content = own.getvalue()
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def with_header(shape, dtype="<f2", data=b""):
    """Return an array's file whose header claims a shape."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def test_there_and_back_the_large_arrays_are_rounded(energy, saved):
    found = talweg.load_energy(saved)
    assert isinstance(found, LearnedEnergy)
    assert found.name == "small"
    assert found.function is fields_energy
    assert found.steps == 3
    assert {**found.card} == {**CARD, "version": 1}
    for name, array in found.parameters._asdict().items():
        original = getattr(energy.parameters, name)
        assert array.shape == original.shape
        assert array.dtype == np.float32
        if original.size <= 100:
            assert np.array_equal(array, original)
        else:
            # Half a unit in the last of eleven bits; of numbers below 2**-14 an absolute one.
            allowed = np.maximum(2.0**-11 * np.abs(original), 2.0**-25)
            assert (np.abs(array - original) <= allowed).all()
            assert not np.array_equal(array, original)


def test_saved_again_it_is_the_same_file(saved, tmp_path):
    again = tmp_path / "again.energy"
    talweg.save_energy(again, talweg.load_energy(saved))
    second = tmp_path / "second.energy"
    talweg.save_energy(second, talweg.load_energy(again))
    assert again.read_bytes() == second.read_bytes()
    for one, other in zip(
        talweg.load_energy(saved).parameters, talweg.load_energy(again).parameters, strict=True
    ):
        assert np.array_equal(one, other)


def test_its_card_is_plain_json(saved):
    with np.load(saved) as archive:
        card = json.loads(archive["card"].tobytes().decode())
    assert card == {**CARD, "version": 1}


def test_a_file_that_is_there_is_kept_unless_asked_otherwise(energy, saved):
    before = saved.read_bytes()
    with pytest.raises(FileExistsError, match="exists already"):
        talweg.save_energy(saved, energy)
    assert saved.read_bytes() == before
    talweg.save_energy(saved, energy, overwrite=True)
    assert saved.read_bytes() == before


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e5])
def test_what_the_file_cannot_keep_is_refused_and_nothing_is_left(value, energy, tmp_path):
    filters = energy.parameters.filters.copy()
    filters[1, 2, 3] = value
    wrong = energy.parameters._replace(filters=filters)
    made = LearnedEnergy("wrong", fields_energy, parameters=wrong, card={})
    with pytest.raises(ValueError, match=f"filters hold {value}"):
        talweg.save_energy(tmp_path / "wrong.energy", made)
    with pytest.raises(ValueError, match="JSON"):
        talweg.save_energy(
            tmp_path / "wrong.energy",
            LearnedEnergy("wrong", fields_energy, parameters=energy.parameters, card={"a": np.nan}),
        )
    with pytest.raises(TypeError, match="energy must be a LearnedEnergy, not Energy"):
        talweg.save_energy(tmp_path / "wrong.energy", read_energy("tv"))
    assert not os.listdir(tmp_path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.energy"):
        talweg.load_energy(tmp_path / "none.energy")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        talweg.load_energy(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x", b"\x89PNG\r\n\x1a\n" + bytes(99), bytes(1000)])
def test_other_files_are_refused(content, tmp_path):
    refused(tmp_path / "other.energy", content, "not the file of a learned energy", "talweg train")


def test_a_file_cut_off_is_refused(saved, tmp_path):
    whole = saved.read_bytes()
    for tenth in range(10):
        refused(tmp_path / "cut.energy", whole[: len(whole) * tenth // 10], "or a damaged one")


def test_a_changed_byte_is_noticed_or_changes_nothing(saved, tmp_path):
    whole, expected = saved.read_bytes(), talweg.load_energy(saved)
    rng = np.random.default_rng(0)
    path, messages = tmp_path / "changed.energy", []
    for _ in range(150):
        changed = bytearray(whole)
        changed[rng.integers(len(whole))] ^= rng.integers(1, 256)
        path.write_bytes(changed)
        try:
            found = talweg.load_energy(path)
        except ImageError as error:
            messages.append(str(error))
        else:
            same = zip(found.parameters, expected.parameters, strict=True)
            assert all(np.array_equal(one, other) for one, other in same)
            assert found.card == expected.card
    assert len(messages) > 100
    assert all(each.startswith(f"{path}: ") and "\n" not in each for each in messages)


@pytest.mark.parametrize("name", ["card", *Parameters._fields])
def test_a_missing_array_is_named(name, arrays, tmp_path):
    rest = {other: array for other, array in arrays.items() if other != name}
    refused(tmp_path / "rest.energy", packed(rest), f"it lacks {name}")


HALF, SINGLE = np.float16, np.float32
WRONG = {
    "filters of 7 x 7": ("filters", np.zeros((2, 8, 49), HALF), "filters of shape (2, 8, 49)"),
    "no filters": ("filters", np.zeros((2, 0, 64), HALF), "filters of shape (2, 0, 64)"),
    "flat filters": ("filters", np.zeros(64, HALF), "filters of shape (64,)"),
    "other fields": ("mixing", np.zeros((2, 5, 8), HALF), "(2, 5, 8), not (2, 4, 8)"),
    "no fields": ("weights", SINGLE(0.0), "mixing of the learned energy has the shape"),
    "no steps": ("steps", np.zeros(0, SINGLE), "steps of the learned energy has the shape (0,)"),
    "more momenta": ("momenta", np.zeros(4, SINGLE), "(4,), not (3,)"),
    "NaN": ("data_weight", SINGLE(np.nan), "data_weight of the learned energy holds numbers"),
    "infinite": ("steps", np.full(3, np.inf, SINGLE), "numbers that aren't finite"),
    "integers": ("steps", np.zeros(3, np.int32), "steps holds int32, not float16 or float32"),
    "text": ("steps", np.array(["a"] * 3), "steps holds <U1"),
    "double": ("steps", np.zeros(3), "steps holds float64"),
    "negative": ("steps", with_header("(-3,)", data=bytes(6)), "claims the shape (-3,)"),
    "two negatives": ("steps", with_header("(-3, -1)", data=bytes(6)), "the shape (-3, -1)"),
    "huge": ("steps", with_header("(1000000000000000,)"), "but has 0 bytes"),
    "no header": ("steps", b"\x93NUMPY\x01\x00\xff\xff{", "damaged"),
    "code for a header": ("steps", with_header("__import__('os').getpid()"), "damaged"),
    "deep header": ("steps", with_header("(" * 9000), "damaged"),
    "later format": ("steps", b"\x93NUMPY\x03\x00" + bytes(90), "not an array in NumPy's format"),
    "not an array": ("steps", b"steps", "damaged"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arrays_are_refused(case, arrays, tmp_path):
    name, array, words = WRONG[case]
    refused(tmp_path / "wrong.energy", packed({**arrays, name: array}), words)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (b'{"version": 2}', "version 2; this talweg reads version 1"),
        (b"{}", "names no version"),
        (b'{"version": "1"}', "names no version"),
        (b"[1]", "names no version"),
        (b"", "isn't JSON"),
        (b'{"version": 1', "isn't JSON"),
        (b'{"version": "\xff"}', "isn't JSON"),
        (b"[" * 100_000, "isn't JSON"),
    ],
    ids=["later", "none", "text", "a list", "empty", "cut", "no UTF-8", "deep"],
)
def test_wrong_cards_are_refused(card, words, arrays, tmp_path):
    content = packed({**arrays, "card": np.frombuffer(card, np.uint8)})
    refused(tmp_path / "card.energy", content, words)


class Marking:
    """Makes a file as soon as it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("name", ["card", "steps", "extra"])
def test_nothing_in_it_is_executed(name, arrays, tmp_path):
    mark = tmp_path / "executed"
    array = np.empty(1, object)
    array[0] = Marking(mark)
    content = packed({**arrays, name: array})
    if name == "extra":  # what isn't needed isn't read
        (tmp_path / "code.energy").write_bytes(content)
        assert talweg.load_energy(tmp_path / "code.energy").steps == 3
    else:
        refused(tmp_path / "code.energy", content, f"{name} holds object")
    assert not mark.exists()


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(arrays, tmp_path):
    content = bytearray(packed(arrays))
    entry = content.index(b"PK\x01\x02")  # the directory's first; its size, unpacked, is there
    content[entry + 24 : entry + 28] = struct.pack("<I", 2**31)
    refused(tmp_path / "bomb.energy", bytes(content), "unpacks to 2,147,", "67,108,864")


@pytest.mark.parametrize(("noisy", "name"), [(False, "fields"), (True, "noisy_fields")])
def test_the_shipped_files_are_small_and_finite(noisy, name):
    content = resources.files("talweg.energies").joinpath(f"{name}.energy").read_bytes()
    assert len(content) < 300_000
    shipped = shipped_fields(noisy=noisy)
    assert shipped.name == name
    assert (shipped.noise is not None) == noisy
    assert shipped is read_energy("fields", noisy=noisy)
    json.dumps(shipped.card, allow_nan=False)


def test_a_file_is_an_energy_by_its_name(saved):
    found = read_energy(str(saved))
    assert isinstance(found, LearnedEnergy)
    assert found.name == "small"
