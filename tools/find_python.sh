#!/bin/sh
# Prints the Python to build the environment with; says what to install if there is none.
for candidate in /usr/bin/python3.11 python3.11 python3; do
  command -v "$candidate" >/dev/null 2>&1 || continue
  if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$candidate"
    exit 0
  fi
done
echo '需要 Python 3.11 或更高版本,并带 venv 模块。Debian 12: apt-get install python3.11 python3.11-venv;' >&2
echo '或用 PYTHON=/路径/python3.11 指定。' >&2
exit 1
