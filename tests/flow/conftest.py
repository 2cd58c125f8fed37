"""What flow tests share."""

from tests.wire.pcsc import virtual_readers as virtual_readers
