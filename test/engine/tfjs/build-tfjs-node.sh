#!/usr/bin/env bash
# Builds the native part of @tensorflow/tfjs-node-gpu from its own sources against the TensorFlow library of the Python
# wheel, for tests, into a folder of its own: usage: test/engine/tfjs/build-tfjs-node.sh [out/tfjs-node] [tensorflow-cpu==2.15.1]
#
# Needs python3 with pip, g++ and Node's headers. Says what is missing and ends with 77 where it cannot build.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
destination=$(mkdir -p "${1:-$root/out/tfjs-node}" && cd "${1:-$root/out/tfjs-node}" && pwd)
wheel=${2:-tensorflow-cpu==2.15.1}
package=$root/node_modules/@tensorflow/tfjs-node-gpu
addon=$destination/lib/napi-v8/tfjs_binding.node
headers=${NODE_INCLUDE:-$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")/include/node}

missing() { echo "Not built: $1"; exit 77; }
[ -f "$addon" ] && exit 0
[ "$(uname -sm)" = 'Linux x86_64' ] || missing 'the library is taken from a wheel for Linux on x86-64'
[ -d "$package/binding" ] || missing '@tensorflow/tfjs-node-gpu is not in node_modules; install the optional dependencies'
[ -f "$headers/node_api.h" ] || missing "Node's headers are not in $headers; name their folder in NODE_INCLUDE"
command -v g++ >/dev/null || missing 'install g++'
python3 -m pip --version >/dev/null 2>&1 || missing 'install python3 with pip'

# Beside its dependencies in the project's node_modules, since the destination is inside the project
cp -r "$package/dist" "$package/package.json" "$destination"
downloads=$(mktemp -d "$destination/.wheel.XXXX")
trap 'rm -rf "$downloads"' EXIT
python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
  --implementation cp --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux_2_27_x86_64 \
  -d "$downloads" "$wheel" || missing "pip could not download $wheel"
python3 - "$downloads" "$destination" <<'PYTHON'
import glob, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0])
wanted = ('tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2', 'tensorflow/include/tensorflow/c/',
          'tensorflow/include/tensorflow/core/platform/ctstring', 'tensorflow/include/tsl/platform/ctstring',
          'tensorflow/include/xla/tsl/platform/ctstring', 'tensorflow/include/xla/tsl/c/', 'tensorflow/include/tsl/c/')
wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])
PYTHON
mkdir -p "$(dirname "$addon")"
g++ -shared -fPIC -O2 -std=c++17 -w -DNAPI_VERSION=8 -I"$headers" -I"$destination/tensorflow/include" "$package"/binding/*.cc \
  -o "$addon" -L"$destination/tensorflow" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 \
  -Wl,-rpath,"$destination/tensorflow"
