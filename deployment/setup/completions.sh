#!/usr/bin/env bash
# Writes completions for three shells and the manual page to dist/, from the command's own parser.
set -euo pipefail
cd "$(dirname "$0")/../.."

swift build --product tandem
tandem=$(swift build --show-bin-path)/tandem
mkdir -p dist/completions
"$tandem" completions bash >dist/completions/tandem.bash
"$tandem" completions zsh >dist/completions/_tandem
"$tandem" completions fish >dist/completions/tandem.fish
"$tandem" man >dist/completions/tandem.1
ls dist/completions
