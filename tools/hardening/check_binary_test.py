"""The server is built as SECURITY.md says; and the check sees what is not."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CHECK = os.path.join(HERE, "check_binary.py")


def check(program, *options):
    return subprocess.run([sys.executable, CHECK, program, *options],
                          capture_output=True, text=True)


def main():
    server = check("server/app/roentgen")
    print(server.stdout, server.stderr)
    assert server.returncode == 0, "the server"

    # One program for each thing that can be missing.
    source = ("#include <stdio.h>\nint main(int n, char** v) {"
              "char b[64]; return snprintf(b, 64, v[0]) + n; }\n")
    sound = ["-fPIE", "-pie", "-fstack-protector-strong",
             "-fcf-protection=full", "-Wl,-z,relro,-z,now,-z,noexecstack"]
    for flags, what in (
            ([], None),
            (["-no-pie", "-fno-pie"], "position independent"),
            (["-Wl,-z,execstack"], "the stack is not run"),
            (["-Wl,-z,norelro"], "relocations are read-only"),
            (["-Wl,-z,lazy"], "and resolved at the start"),
            (["-fno-stack-protector"], "guarded stacks"),
            (["-fcf-protection=none"], "marks for indirect branches"),
            (["-Wl,-rpath,/tmp"], "no path to libraries")):
        with tempfile.TemporaryDirectory() as folder:
            text = os.path.join(folder, "a.c")
            program = os.path.join(folder, "a")
            with open(text, "w") as f:
                f.write(source)
            subprocess.run(["gcc", *sound, *flags, text, "-o", program],
                           check=True)
            told = check(program)
        failed = [line[5:] for line in told.stdout.splitlines()
                  if line.startswith("FAIL")]
        assert failed == ([what] if what else []), (flags, told.stdout)


if __name__ == "__main__":
    main()
