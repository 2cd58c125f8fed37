"""One way to run a TFLite model: LiteRT where it is installed, tflite-runtime where only that is (CPython 3.11)."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]


class FaceUnavailable(Exception):
    """Faces cannot be seen on this machine; the text says what to install or to put right."""


def interpreter_class() -> Callable[..., Any]:
    """The interpreter that is installed. Raises FaceUnavailable without one."""
    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter"):
        try:
            found: Callable[..., Any] = import_module(module).Interpreter
        except ImportError:
            continue
        return found
    raise FaceUnavailable("neither ai-edge-litert nor tflite-runtime is installed: pip install 'moiso[face]'")


class Model:
    """A loaded model with one input, on one thread (several on a Pi's cores are slower: docs/face.md).

    Belongs to the thread that uses it. ``shape`` is the input's, ``outputs`` are the shapes of what it gives.
    """

    def __init__(self, content: bytes) -> None:
        """Raises FaceUnavailable without a runtime, and ValueError where the content is no model."""
        self._interpreter = interpreter_class()(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        if len(inputs) != 1 or inputs[0]["dtype"] is not np.float32:
            raise ValueError("a model with one float32 input is expected")
        self._input: int = inputs[0]["index"]
        self._outputs: list[int] = [output["index"] for output in outputs]
        self.shape: tuple[int, ...] = tuple(int(n) for n in inputs[0]["shape"])
        self.outputs: tuple[tuple[int, ...], ...] = tuple(tuple(int(n) for n in o["shape"]) for o in outputs)

    def invoke(self) -> None:
        """Run with whatever input there is: what the model alone costs."""
        self._interpreter.invoke()

    def run(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """What the model makes of a float32 array of its ``shape``."""
        self._interpreter.set_tensor(self._input, tensor)
        self.invoke()
        return tuple(self._interpreter.get_tensor(output) for output in self._outputs)
