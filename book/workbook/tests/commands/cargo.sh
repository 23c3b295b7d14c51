#!/bin/sh
# cargo, for commands that pages print: `run` starts the program that is built already, instead of building it again in
# the clone that the commands run in. That package and program exist has been checked before. All else is cargo's.
set -eu
if [ "${1-}" = workbook ]; then # .cargo/config.toml
    shift
    set -- run --quiet --package workbook -- "$@"
fi
case ${1-} in
run)
    shift
    name=
    folder=$BUILT
    while [ $# -gt 0 ]; do
        case $1 in
        -p | --package) name=${name:-$2} && shift 2 ;;
        --bin) name=$2 && shift 2 ;;
        --example) name=$2 && folder=$BUILT/examples && shift 2 ;;
        --manifest-path) shift 2 ;;
        -q | --quiet) shift ;;
        --) shift && break ;;
        *) echo "cargo: the test of commands knows no cargo run $1" >&2 && exit 101 ;;
        esac
    done
    exec "$folder/$name" "$@"
    ;;
build)
    # All of the workspace is built; exercises are a workspace of their own.
    [ ! -f book/book.toml ] || exit 0
    ;;
esac
exec "$CARGO" "$@"
