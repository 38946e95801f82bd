"""Writes reference.safetensors with the format's own library; `check FILE` reads one written by the app.

Needs: pip install numpy safetensors
"""

import json
import pathlib
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent

if sys.argv[1:2] == ["check"]:
    with safe_open(sys.argv[2], framework="numpy") as file:
        tensors = {
            name: {"dtype": str(file.get_tensor(name).dtype), "shape": file.get_tensor(name).shape,
                   "values": file.get_tensor(name).flatten().tolist()}
            for name in file.keys()
        }
        print(json.dumps({"tensors": tensors, "metadata": file.metadata()}))
else:
    save_file(
        {
            "encoder.conv.0.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 8,
            "steps": np.array([-1, 2**53 + 1], dtype=np.int64),
            "labels": np.array([0, 9, 255], dtype=np.uint8),
            "offsets": np.array([[-5], [7]], dtype=np.int32),
            "scalar": np.array(0.5, dtype=np.float64),
            "empty": np.zeros((0, 3), dtype=np.float32),
        },
        here / "reference.safetensors",
        metadata={"epoch": "3", "note": "über \"quoted\""},
    )
