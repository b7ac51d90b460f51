"""Makes fuzz/seeds: small files of every kind that is read. From the root of the repository, with nothing but Python
and a built program:

    cargo build -p native && python fuzz/make_seeds.py

The state dicts are those of tests/data.
"""

import gzip
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEEDS = ROOT / "fuzz" / "seeds"
NATIVE = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "debug" / "native"

DAT = b"1::1193::5::978300760\n1::661::3::978302109\n22::1193::4.5::978301968\n"
CSV = b'userId,movieId,rating,timestamp\n1,"a, b",5.0,1\n1,661,3.0,2\n2,"x""y",4.5,3\n'
DATA = b"196\t242\t3\t881250949\n186\t302\t3\t891717742\n"
MOVIES = b"1::Toy Boat (1995)::Animation|Comedy\n2::Caf\xe9 (1995)::Drama\n"
NAMES = b'movieId,title,genres\n1,"Toy, Boat (1995)",A|B\n'
ITEM = b"1|Toy (1995)|01-Jan-1995||x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"


def zipped(*files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def write(target, **files):
    folder = SEEDS / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


write(
    "ratings",
    dat=DAT,
    csv=CSV,
    data=DATA,
    bom=b"\xef\xbb\xbf" + CSV.replace(b"\n", b"\r\n"),
    utf16=CSV.decode().encode("utf-16"),
    gzip=gzip.compress(DAT, mtime=0),
    zip=zipped(("ml/ratings.dat", DAT), ("ml/movies.dat", MOVIES)),
    zip_of_csv=zipped(("ml/README.txt", b"read me"), ("ml/ratings.csv", CSV), ("ml/movies.csv", NAMES)),
)
write("titles", movies=MOVIES, names=NAMES, item=ITEM, gzip=gzip.compress(MOVIES, mtime=0))
write("pairs", colons=DAT, csv=CSV, tabs=DATA, semicolons=b"user;movie;rating\n7;a,b;1\n8;c;2\n")

data = ROOT / "tests" / "data"
write("pt", **{path.name: path.read_bytes() for path in data.glob("state_deepmf*") if path.suffix != ".json"})

with tempfile.TemporaryDirectory() as place:
    place = pathlib.Path(place)
    (place / "ratings.dat").write_bytes(b"".join(b"%d::%d::%d\n" % (u, i, 1 + (u + i) % 5) for u in range(4) for i in range(3)))
    (place / "movies.dat").write_bytes(b"0::Alien (1979)::Horror|Sci-Fi\n")
    models = {}
    for model in ["mf", "deepmf", "biases", "biased-mf", "svdpp", "bayes-mf"]:
        flags = ["train", "ratings.dat", "--titles", "movies.dat", "--model", model, "--epochs", "2", "--device", "cpu"]
        flags += ["--out", model] + ([] if model == "biases" else ["--factors", "2"])
        flags += ["--burn-in", "1"] if model == "bayes-mf" else []
        subprocess.run([NATIVE, *flags], cwd=place, check=True, capture_output=True)
        models[model] = (place / model / "model.safetensors").read_bytes()
    write("model_file", **models)
