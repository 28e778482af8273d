"""Swap of a hot-plug disk: the risk is the wrong disk, so its serial is read before and after."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="disk_swap",
    title="Disk swap",
    minutes=30,
    power="on",
    risk="Pulling a healthy disk degrades or destroys the array.",
    questions=(
        Question("bay", "Which bay holds the failing disk?"),
        Question("data_loss", "What did the customer say about the data on this disk?", required=False),
    ),
    target_question="bay",
    verify_minutes=5,
    back_out_minutes=10,
    finding_kinds=("drive", "raid_volume"),
    tools=("ESD strap", "flashlight"),
    parts=("replacement disk of the same type",),
    steps=(
        StepTemplate("esd", "Put on the ESD strap"),
        StepTemplate("photo_before", "Take a photo of all bays", Evidence.PHOTO),
        StepTemplate("new_serial", "Scan the serial of the new disk, still in its bag", Evidence.SERIAL),
        StepTemplate(
            "bay_confirmed",
            "Second person: the bay is the one that the diagnostics name",
            Evidence.SECOND_PERSON,
            hint="Read the bay number aloud and compare it with the order.",
        ),
        StepTemplate(
            "pull",
            "Pull the failing disk two centimetres, wait ten seconds, take it out",
            destructive=True,
            expect="The lights of all other bays stay as they were.",
            problem="Another light goes out or turns amber: push the disk back at once and call for help.",
            back_out="Push the same disk back into the same bay until the lever locks.",
        ),
        StepTemplate("old_serial", "Scan the serial of the disk you took out", Evidence.SERIAL),
        StepTemplate("insert", "Insert the new disk until the lever locks", expect="Its light turns green or blinks."),
        StepTemplate("photo_after", "Take a photo of all bays", Evidence.PHOTO),
    ),
)
