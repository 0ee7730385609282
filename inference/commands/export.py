"""`labelbot export`: write a model in a format of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.commands.models import Home, Name, open_store
from inference.commands.network_options import read_device
from inference.errors import naming
from inference.system.extras import require_extra
from inference.system.stderr import quiet_tensorflow
from inference.training.export.formats import Format


def export(
    name: Name,
    file_format: Annotated[
        Format,
        typer.Option(
            "--format", help="Format of the new file. litert keeps the weights as they are; the others store floats."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Path of the new file; of the new folder if the format is saved-model.")],
    home: Home = None,
) -> None:
    """Write a model as one network in another format.

    The network includes the model's head and its calibration.
    """
    require_extra("tensorflow", "exporting a model")
    bundle = open_store(home).find(name)
    with quiet_tensorflow():
        from inference.training.export.writing import export_model
    with naming(out):
        exported = export_model(bundle, file_format, out, device=read_device())
    spec = bundle.spec
    low, high = spec.input_range
    print(f"{name} {spec.version} as {file_format} in {exported.path}, its labels in {exported.labels}")
    size = f"(n, {spec.height}, {spec.width}, 3)"
    print(f"takes image: RGB {size}, 0 to 255 as {low:g} to {high:g}; gives {', '.join(spec.outputs)}")
    print(
        f"loaded again and compared on {exported.images} images: max difference {exported.difference:.2g}, "
        f"and {exported.installed_difference:.2g} from the installed model"
    )
