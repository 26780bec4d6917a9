#!/usr/bin/env bash
# Stores as earlier versions made them: three short runs by the last commit of each layout.
#
#     tests/store/earlier/make.sh PYTHON PICTURE
#
# PYTHON is an interpreter with the requirements installed, PICTURE a small PNG to fit. Writes
# layout-N.tar.xz beside this file: lab.sqlite3 and blobs/ of a data folder whose newest migration
# is N. Needs the whole history of the repository.
set -euo pipefail
python=$(realpath "$1") picture=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
root=$(git -C "$here" rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export L335_THREADS=1 PYTHONDONTWRITEBYTECODE=1

make_store() { # number of the layout, commit
    local code=$work/code-$1 data=$work/data-$1
    mkdir "$code"
    git -C "$root" archive "$2" | tar x -C "$code"
    (
        cd "$code"
        export L335_DATA_DIR=$data
        "$python" -m l335 train classify-basic --set train_size=300 --set epochs=2 --set width=8
        "$python" -m l335 train classify-cnn --set train_size=300 --set epochs=1 \
            --set channels=2 --set hidden=8
        "$python" -m l335 train fit-image --image "$picture" --set image_size=16 \
            --set steps=20 --set width=8
    )
    tar cJf "$here/layout-$1.tar.xz" -C "$data" lab.sqlite3 blobs
}

make_store 1 a7304d4
make_store 2 861f39f
make_store 3 c397680
make_store 4 0b681e4
