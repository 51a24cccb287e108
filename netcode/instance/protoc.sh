#!/bin/sh
# Runs the protoc that cargo unpacked as a build dependency of otherworld-instance, so that a plain `cargo build` needs
# no protoc on the machine. Elsewhere than on Linux x86-64 it falls back to the protoc on PATH.
for protoc in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/protoc-bin-vendored-linux-x86_64-3.3.0/bin/protoc; do
	[ -f "$protoc" ] && exec "$protoc" "$@"
done
command -v protoc >/dev/null && exec protoc "$@"
echo "protoc not found: install protobuf-compiler, or set PROTOC to its path" >&2
exit 127
