"""The networks of `pocket`, under the module name by which saved pipelines know them.

`Autoencoder`: pixels <-> latents. `Memory`: how drawings look. `Renderer`: scenes -> latents. `Eye`: pixels
-> what is where. `Glance`: one thing in its box -> what it is, and where exactly.
"""

from diffusers import ModelMixin  # by this name here diffusers knows the classes below as its own

from studio.models.pocket.autoencoder import Autoencoder
from studio.models.pocket.eye import Eye
from studio.models.pocket.glance import Glance
from studio.models.pocket.memory import Memory
from studio.models.pocket.renderer import Renderer

__all__ = ["Autoencoder", "Eye", "Glance", "Memory", "ModelMixin", "Renderer"]
