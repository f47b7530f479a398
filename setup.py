"""Compile the hot modules with mypyc where that is possible; pyproject.toml says everything else.

They are compiled twice. The first form notes which ways it takes while it reads made-up traffic
(scripts/train_compiler.py), and the second is laid out for these. Where that fails, the modules are
compiled without.

Where compiling is not possible, or SIPCM_PURE is set, the package is built as plain Python. The
reason is printed and written into the package, where ``sipcm.build`` finds it. A type error in a
hot module is not such a reason: it is a mistake in the source, and stops the build.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from setuptools import Command, Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CCompilerError, ExecError, PlatformError

# One group: a call between modules of the group costs as much as one inside a module.
HOT = (
    "sipcm/clock.py",
    "sipcm/compiled.py",
    "sipcm/counters.py",
    "sipcm/effort.py",
    "sipcm/encapsulations.py",
    "sipcm/lot.py",
    "sipcm/packet.py",
    "sipcm/pattern.py",
    "sipcm/pipeline.py",
    "sipcm/protocol.py",
    "sipcm/samples.py",
    "sipcm/undecoded.py",
    "sipcm/streamreader.py",
    "sipcm/streams.py",
    "sipcm/unfinished.py",
    "sipcm/words.py",
    "sipcm/export/eventline.py",
    "sipcm/net/blocks.py",
    "sipcm/net/capture/merge.py",
    "sipcm/net/capture/recording.py",
    "sipcm/net/capture/ring.py",
    "sipcm/net/copies.py",
    "sipcm/net/decode.py",
    "sipcm/net/defrag.py",
    "sipcm/net/esp.py",
    "sipcm/net/gre.py",
    "sipcm/net/interface.py",
    "sipcm/net/ip.py",
    "sipcm/net/layer.py",
    "sipcm/net/link.py",
    "sipcm/net/logged.py",
    "sipcm/net/mpls.py",
    "sipcm/net/number.py",
    "sipcm/net/overlay.py",
    "sipcm/net/packet.py",
    "sipcm/net/ports.py",
    "sipcm/net/ppp.py",
    "sipcm/net/records.py",
    "sipcm/net/sctp.py",
    "sipcm/net/sctpcounters.py",
    "sipcm/net/servernames.py",
    "sipcm/net/sieve.py",
    "sipcm/net/tcp.py",
    "sipcm/net/tcpcounters.py",
    "sipcm/net/tcpfate.py",
    "sipcm/net/tcpstream.py",
    "sipcm/net/tcptable.py",
    "sipcm/net/tcpwaiting.py",
    "sipcm/net/tls.py",
    "sipcm/net/transport.py",
    "sipcm/net/upgrade.py",
    "sipcm/net/websocket.py",
    "sipcm/net/websocketcounters.py",
    "sipcm/net/wireless.py",
    "sipcm/sip/ahead.py",
    "sipcm/sip/bytescanner.py",
    "sipcm/sip/contact.py",
    "sipcm/sip/ends.py",
    "sipcm/sip/expires.py",
    "sipcm/sip/framing.py",
    "sipcm/sip/framingcounters.py",
    "sipcm/sip/framingforms.py",
    "sipcm/sip/headername.py",
    "sipcm/sip/lines.py",
    "sipcm/sip/message.py",
    "sipcm/sip/method.py",
    "sipcm/sip/payload.py",
    "sipcm/sip/plainvalue.py",
    "sipcm/sip/scanner.py",
    "sipcm/sip/signature.py",
    "sipcm/sip/status.py",
    "sipcm/state/bindings.py",
    "sipcm/state/boundedtable.py",
    "sipcm/state/calls.py",
    "sipcm/state/callstate.py",
    "sipcm/state/changes.py",
    "sipcm/state/correlation.py",
    "sipcm/state/description.py",
    "sipcm/state/endpoints.py",
    "sipcm/state/entry.py",
    "sipcm/state/events.py",
    "sipcm/state/failures.py",
    "sipcm/state/legs.py",
    "sipcm/state/indicators.py",
    "sipcm/state/matching.py",
    "sipcm/state/messages.py",
    "sipcm/state/parts.py",
    "sipcm/state/ranges.py",
    "sipcm/state/rateentry.py",
    "sipcm/state/ratelimit.py",
    "sipcm/state/rates.py",
    "sipcm/state/peers.py",
    "sipcm/state/pool.py",
    "sipcm/state/registrar.py",
    "sipcm/state/ratetable.py",
    "sipcm/state/reporter.py",
    "sipcm/state/retransmission.py",
    "sipcm/state/ring.py",
    "sipcm/state/subscriptions.py",
    "sipcm/state/timeouts.py",
    "sipcm/state/tracker.py",
    "sipcm/state/wheel.py",
)

RECORD = "sipcm/why_pure.txt"

NOTING = ["-fprofile-generate", "-fprofile-update=single"]
"""What lets gcc(1) count, for each object file in one of its own, how often each way is taken."""

QUICKLY = ["-fno-tree-dominator-opts", "-fno-tree-pre", "-fno-gcse", "-fno-schedule-insns2"]
"""What takes long to compile, comes after the counting, and is no gain for one short run."""

KNOWING = ["-fprofile-use", "-fprofile-partial-training"]
"""What uses the counts. What was never run is compiled as if there were none."""

COUNTS = "*.gcda"
TRAFFIC = ("scripts/train_compiler.py", "benchmarks/traffic.py")
READING = 300
"""Seconds that reading may take, which needs one of them."""

COMPILING_FAILED = (CCompilerError, ExecError, PlatformError)


def why_pure() -> str | None:
    """Return what forbids compiling, or None where nothing does."""
    if os.environ.get("SIPCM_PURE", "0") not in {"", "0"}:
        return "SIPCM_PURE was set when it was built"
    if sys.implementation.name != "cpython":
        return f"what mypyc writes is for CPython, and this is {sys.implementation.name}"
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if shutil.which(shlex.split(compiler)[0]) is None:
        return "no C compiler was found when it was built"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "no Python.h was found when it was built"
    if find_spec("mypyc") is None:
        return "no mypyc was found when it was built"
    return None


def stay_pure(command: Command, build_lib: str, reason: str) -> None:
    """Tell the operator, now and in the package, that sipcm runs as plain Python and why."""
    command.warn(f"sipcm is not compiled and will be several times slower: {reason}")
    Path(build_lib, RECORD).write_text(f"{reason}\n", encoding="utf-8")


class BuildSources(build_py):
    """Copy the modules, and nothing that an earlier build left behind."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib, "sipcm"), ignore_errors=True)
        super().run()
        reason = why_pure()
        if reason and not self.editable_mode:
            stay_pure(self, self.build_lib, reason)


class BuildHot(build_ext):
    """Compile the hot modules, all of them or none."""

    build_lib: str
    build_temp: str
    compiler: object

    def run(self) -> None:
        if self.editable_mode:
            return  # a compiled file beside its source would hide every edit
        self.distribution.ext_modules = translate(self.build_temp)
        self.reinitialize_command(self)
        self.parallel = True  # a large file, and a small one for each module
        self.ensure_finalized()
        try:
            self.compile(KNOWING if self.train() else [])
        except COMPILING_FAILED as error:
            for output in self.get_outputs():
                Path(output).unlink(missing_ok=True)
            stay_pure(self, self.build_lib, f"compilation failed: {summary(error)}")

    def train(self) -> bool:
        """Let a form that counts read traffic; tell whether its counts are there to be used."""
        training = Path(self.build_temp, "training").absolute()
        places = self.build_lib, self.build_temp
        self.build_lib, self.build_temp = str(training / "lib"), str(training / "temp")
        for counts in training.rglob(COUNTS):
            counts.unlink()  # else they are added to
        shutil.copytree("sipcm", training / "lib" / "sipcm", dirs_exist_ok=True)
        try:
            # With what it is told later, too: a compiler that does not know it fails here.
            self.compile([*NOTING, *QUICKLY, *KNOWING[1:]], NOTING)
            read_traffic(training / "lib")
        except (*COMPILING_FAILED, OSError, subprocess.SubprocessError) as error:
            self.warn(f"the compiler is not told what is usual: {summary(error)}")
            return False
        finally:
            self.build_lib, self.build_temp = places
        found = list(training.rglob(COUNTS))
        for counts in found:  # gcc looks for them beside what it writes
            target = Path(self.build_temp, counts.relative_to(training / "temp"))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(counts, target)
        return bool(found)

    def compile(self, compiler: list[str], linker: Sequence[str] = ()) -> None:
        """Build the extensions with some flags more."""
        chosen = self.compiler
        before = [(extension, extension.extra_compile_args) for extension in self.extensions]
        for extension, flags in before:
            extension.extra_compile_args = [*flags, *compiler]
            extension.extra_link_args = [*linker]
        try:
            super().run()
        finally:
            self.compiler = chosen
            for extension, flags in before:
                extension.extra_compile_args = flags


def read_traffic(lib: Path) -> None:
    """Let the package in *lib* read traffic, in a process of its own."""
    found = [str(lib), *filter(None, [os.environ.get("PYTHONPATH")])]
    subprocess.run(  # noqa: S603  a script of ours
        [sys.executable, "-P", str(Path(TRAFFIC[0]).absolute())],
        cwd=lib,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(found), "PYTHONHASHSEED": "0"},
        check=True,
        timeout=READING,
    )


def translate(target_dir: str) -> list[Extension]:
    """Type check the hot modules and write them as C to *target_dir*; exit on a type error."""
    from mypyc.build import mypycify

    teach_numbers()
    extensions = mypycify(
        ["--no-warn-unused-configs", *HOT],
        opt_level="3",
        debug_level="0",
        group_name="sipcm",
        target_dir=target_dir,
    )
    for extension in extensions:
        # To look for what is wrong in C that was generated takes gcc nearly half of its time, and a
        # warning of a newer compiler is no reason to stay slow. What is hidden needs not be looked
        # up by its name when the program starts.
        extension.depends = [*extension.depends, "setup.py", *TRAFFIC]
        extension.extra_compile_args = [
            *extension.extra_compile_args,
            "-fno-semantic-interposition",
            "-fvisibility=hidden",
            "-Wno-all",
            "-w",
        ]
    return extensions


def teach_numbers() -> None:
    """Let calls of ``read_word``, ``read_half`` and ``hash_of`` become numbers without objects.

    For the first two mypyc has what it takes for its own library. There they are
    ``librt.strings.read_i64_le`` and ``read_i32_le``, in a header of mypyc's, which only needs to
    be linked with what is next to it there. The hash of bytes is there, or is reckoned, at once.
    """
    from mypyc.ir.deps import BYTES_WRITER_EXTRA_OPS, LIBRT_STRINGS
    from mypyc.ir.ops import ERR_MAGIC_OVERLAPPING, ERR_NEVER
    from mypyc.ir.rtypes import bytes_rprimitive, int32_rprimitive, int64_rprimitive
    from mypyc.primitives.registry import function_op

    for name, number, function in (
        ("read_word", int64_rprimitive, "CPyBytes_ReadI64LE"),
        ("read_half", int32_rprimitive, "CPyBytes_ReadI32LE"),
    ):
        function_op(
            name=f"sipcm.words.{name}",
            arg_types=[bytes_rprimitive, int64_rprimitive],
            return_type=number,
            c_function_name=function,
            error_kind=ERR_MAGIC_OVERLAPPING,
            dependencies=[BYTES_WRITER_EXTRA_OPS, LIBRT_STRINGS.internal_dep()],
        )
    function_op(
        name="sipcm.state.parts.hash_of",
        arg_types=[bytes_rprimitive],
        return_type=int64_rprimitive,
        c_function_name="PyObject_Hash",
        error_kind=ERR_NEVER,
    )


def summary(error: Exception) -> str:
    """Return a short line for what stopped the compiler, which itself has said more."""
    failed = error.__context__
    if isinstance(failed, subprocess.CalledProcessError):
        return f"{failed.cmd[0]} ended with status {failed.returncode}"
    return str(error).splitlines()[0]


def main() -> None:
    """Hand over to setuptools. The sources stand for the C files until it asks for these."""
    hot = [Extension(path.removesuffix(".py").replace("/", "."), [path]) for path in HOT]
    setup(
        cmdclass={"build_py": BuildSources, "build_ext": BuildHot},
        ext_modules=[] if why_pure() else hot,
    )


if __name__ == "__main__":
    main()
