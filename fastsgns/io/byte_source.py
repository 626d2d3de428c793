"""Engine room: bytes of a file, a chunk at a time, with a look at what comes next."""

from __future__ import annotations

from typing import IO, Any, cast

from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.files import AnySource, compression_of, is_path, name_of, not_a_file, open_binary
from fastsgns.io.interrupts import pass_on


class ByteSource:
    """A file that is being read from its begin; of one that is open already, from where it stands.

    Parameters
    ----------
    source : str, path or open file
        A path may be compressed, or a URL. A file that is open is left open; text gives UTF-8.
    chunk_size : int
        Bytes read at a time, at most.

    Attributes
    ----------
    name : str
        What errors call it.
    buffer : bytes
        What has been read and not yet passed.
    n_passed : int
        Bytes before the buffer.
    is_text : bool
        It was opened as text: what it gave was decoded already.
    is_plain_file : bool
        It was given by its path, and its bytes are those on the disk.
    """

    def __init__(self, source: AnySource, chunk_size: int) -> None:
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be >= 1, got {chunk_size}")
        self.name = name_of(source) if is_path(source) or hasattr(source, "read") else ""
        self._is_ours = is_path(source)
        self._is_coded = is_path(source) and bool(compression_of(source))
        if is_path(source):
            self.file: IO[Any] = open_binary(source)
        elif hasattr(source, "read"):
            self.file = cast("IO[Any]", source)
        else:
            raise not_a_file(source)
        self.chunk_size = chunk_size
        self.buffer = b""
        self.n_passed = 0
        self.is_text = False
        self.is_plain_file = self._is_ours and not self._is_coded and hasattr(self.file, "fileno")

    def close(self) -> None:
        """Close the file, unless it was open before."""
        if self._is_ours:
            self.file.close()

    def more(self) -> bool:
        """Read another chunk into the buffer; say whether there was one."""
        try:
            # Little at first, for small files. At least as much as there is, so that a long row is
            # not copied once a chunk.
            n_wanted = min(self.chunk_size, max(1 << 16, 4 * self.n_passed))
            chunk = self.file.read(max(n_wanted, len(self.buffer)))
        except EOFError as error:
            raise TruncatedFileError(f"{self.name}: the compressed stream is cut off") from error
        except Exception as error:
            pass_on(error)
            if not self._is_coded or getattr(error, "errno", None) is not None:
                raise
            raise FormatError(f"{self.name}: cannot be decompressed: {error}") from error
        if isinstance(chunk, str):
            self.is_text = True
            chunk = chunk.encode("utf-8", "surrogatepass")
        self.buffer += chunk
        return bool(chunk)

    def look(self, n_bytes: int) -> bytes:
        """Return the next bytes, so many if there are, and leave them in the buffer."""
        while len(self.buffer) < n_bytes and self.more():
            pass
        return self.buffer[:n_bytes]

    def look_at_line(self, max_nbytes: int) -> bytes:
        """Return the next line without its end, or as much of it as `max_nbytes` and one more."""
        while b"\n" not in self.buffer and len(self.buffer) <= max_nbytes and self.more():
            pass
        return self.buffer.partition(b"\n")[0][: max_nbytes + 1]

    def pass_(self, n_bytes: int) -> None:
        """Take bytes out of the buffer."""
        self.buffer = self.buffer[n_bytes:]
        self.n_passed += n_bytes
