"""Swap of a memory module: the machine must be off and without its cords before the lid is opened."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="memory_swap",
    title="Memory swap",
    minutes=45,
    power="off",
    risk="The machine goes down for the job; the wrong slot or a static charge costs a healthy module.",
    questions=(Question("slot", "Which slot holds the failing module?"),),
    consent=True,
    target_question="slot",
    verify_minutes=10,
    back_out_minutes=10,
    finding_kinds=("memory",),
    tools=("ESD strap", "flashlight"),
    parts=("memory module of the same type",),
    steps=(
        StepTemplate("esd", "Put on the ESD strap"),
        StepTemplate("photo_before", "Take a photo of the rear with all cables", Evidence.PHOTO),
        StepTemplate("new_serial", "Scan the serial of the new module, still in its bag", Evidence.SERIAL),
        StepTemplate(
            "cords_out",
            "Unplug all power cords of the server",
            destructive=True,
            must_be_off=True,
            hint="Ask for the shutdown through the app and wait: the button on the front does not remove the current.",
            expect="Every light of the server goes dark.",
            problem="A light stays on: one cord is still in. Follow it before you pull it.",
            back_out="Plug all cords in again and press the power button.",
        ),
        StepTemplate(
            "open",
            "Slide the server out and take off the lid",
            problem="A fan turns or a light burns inside: close it again and call for help.",
        ),
        StepTemplate("old_serial", "Take the failing module out and scan its serial", Evidence.SERIAL),
        StepTemplate(
            "insert",
            "Push the new module into the same slot until both levers lock",
            problem="It does not lock: take it out, turn it round, try once more; then call for help.",
        ),
        StepTemplate("close", "Close the lid, slide the server in, plug all cords in again"),
        StepTemplate(
            "on",
            "Press the power button once: the server starts",
            expect="The power light is steady green within a minute.",
            problem="It does not start: check that every cord is in, then call for help.",
        ),
        StepTemplate("photo_after", "Take a photo of the rear with all cables", Evidence.PHOTO),
    ),
)
