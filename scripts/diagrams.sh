#!/usr/bin/env bash
# Renders every docs/architecture/diagrams/*.puml into the *.svg beside it. The pictures are committed, so only those
# who change a diagram need the tools. Takes no arguments.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../docs/architecture/diagrams"

for tool in plantuml dot; do
  if ! command -v "$tool" >/dev/null; then
    echo "diagrams: $tool is not installed. Debian and Ubuntu: apt-get install plantuml graphviz fonts-dejavu-core." >&2
    exit 1
  fi
done

# The picture names the digest of what it was made from; tests/docs compares the two.
digest() { cat style.iuml "$1" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -d ' ' -f 1; }

for source in *.puml; do
  picture="${source%.puml}.svg"
  drawn="$(plantuml -Djava.awt.headless=true -nometadata -charset UTF-8 -tsvg -pipe <"$source")"
  # White, not transparent, for dark pages; fonts of the same widths in reserve; in proportion when scaled; one element a
  # line, so that a changed picture has a readable diff.
  printf '%s' "$drawn" | tr '\n' ' ' |
    sed -E -e 's/<!--MD5[^>]*-->//g' \
      -e 's/font-family="DejaVu Sans"/font-family="DejaVu Sans, Verdana, sans-serif"/g' \
      -e 's/ preserveAspectRatio="none"//' \
      -e 's|<defs/>|<rect width="100%" height="100%" fill="#FFFFFF"/>|' \
      -e "s|<svg |<!-- source sha256:$(digest "$source") --><svg |" |
    awk '{ gsub(/></, ">\n<"); print }' >"$picture"
  echo "diagrams: $picture" >&2
done
