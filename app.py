"""The studio as a page: `python app.py`, then open the address it prints."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from studio.models import zerogpu

_MODEL = "the model to draw with: auto (by this machine), a name that --plan lists, owner/name, or a folder"

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def main() -> None:
    """Read the arguments, open the studio, launch the page. The model loads while the page is up already."""
    args = arguments()
    if args.accept_licence or args.plan or args.memory is not None:
        print(answered(args))
        return
    _progress_to_the_terminal()
    folder = Path(args.folder).expanduser()
    os.environ["GRADIO_TEMP_DIR"] = str(folder.absolute() / "uploads")

    on_lent_card = zerogpu.here()
    if on_lent_card:
        zerogpu.lent()  # before anything that uses torch
    from starlette.middleware import Middleware

    from studio import Studio
    from studio.ui.guard import Doors, Guard
    from studio.ui.page import build, launch_settings
    from studio.ui.serve import routes

    studio = Studio(folder, args.model)
    if on_lent_card:
        studio.model()  # weights have to be in place, and what draws be known, before the page is up
    doors = Doors.of(args.host, shared=args.share, share=lambda: demo.share_url)
    demo = build(studio, doors)
    app = {"routes": routes(studio, doors), "middleware": [Middleware(Guard, doors=doors)]}
    _, address, shared = demo.launch(
        server_name=args.host,
        server_port=args.port,
        share=args.share,
        auth=args.auth,
        app_kwargs=app,
        prevent_thread_lock=True,
        **launch_settings(),
    )
    studio.warm()
    print(f"Pentimento is at {shared or address}", flush=True)
    if shared and not args.auth:
        print("Anyone with this link can draw here; --auth user:password asks them to sign in.", flush=True)
    try:
        demo.block_thread()
    finally:
        studio.close()


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    on_space = bool(os.environ.get("SPACE_ID"))
    parser.add_argument("--host", default="0.0.0.0" if on_space else "127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--share", action="store_true", help="a public link, for up to a week")
    parser.add_argument("--auth", type=_sign_in, metavar="USER:PASSWORD", help="ask for this sign-in")
    parser.add_argument("--folder", default=_folder(), help="where sessions and pictures are kept")
    usual = "flux2-klein-4b" if zerogpu.here() else "pocket"
    parser.add_argument("--model", default=usual, help=_MODEL)
    parser.add_argument("--accept-licence", action="store_true", help="accept the model's terms, and stop")
    parser.add_argument("--plan", action="store_true", help="say how models would run here, and stop")
    parser.add_argument("--memory", type=float, metavar="GB", help="plan for a card with so much, 0: none")
    parser.add_argument("--director", default="rules", choices=["rules"], help="what turns words into a plan")
    return parser.parse_args()


def answered(args: argparse.Namespace) -> str:
    """What is asked of the program instead of a page. A refusal ends it with its sentence."""
    from studio.errors import StudioError
    from studio.models import opening

    try:
        if args.accept_licence:
            return opening.accept(args.model, opening.usual_records())
        return planned(args.model, args.memory)
    except StudioError as error:
        sys.exit(str(error))


def planned(model: str, memory: float | None) -> str:
    """How that model would run, or every one if it needs no plan, and which `auto` would take."""
    from studio.models import MODELS, check, opening
    from studio.models.catalog import checkpoints
    from studio.models.fetching import Hub
    from studio.models.fit import choose, explained, plan
    from studio.models.hardware import Machine

    check(model)
    machine = Machine.here() if memory is None else Machine.pretended(memory)
    here = opening.Here(machine, opening.usual_records(), Hub())
    every = model == "auto" or model in MODELS
    asked = checkpoints() if every else (opening.found(model, here),)
    chosen = choose(checkpoints(), machine, here.records.accepted)
    tables = [explained(plan(checkpoint, machine)) for checkpoint in asked]
    return "\n\n".join([*tables, f"--model auto draws with {chosen.name if chosen else 'pocket'}."])


def _progress_to_the_terminal() -> None:
    """What a model says while it is fetched and loaded, for who started it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("studio.models")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def _folder() -> str:
    """Persistent storage on a Space that has some, else a folder of the person's own."""
    kept = Path("/data")
    return str(kept / "studio") if os.environ.get("SPACE_ID") and os.access(kept, os.W_OK) else "~/pentimento"


def _sign_in(text: str) -> tuple[str, str]:
    user, _, password = text.partition(":")
    if not user or not password:
        raise argparse.ArgumentTypeError("write it as user:password")
    return user, password


if __name__ == "__main__":
    main()
