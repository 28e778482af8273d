"""Power off and on by hand, after the BMC failed to do it: the job is the outage, so the customer must agree."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="power_cycle",
    title="Power cycle",
    minutes=15,
    power="off",
    risk="Unsaved data is lost; the wrong server goes down.",
    questions=(Question("why_by_hand", "Why can it not be done remotely?"),),
    consent=True,
    finding_kinds=("system", "bmc"),
    steps=(
        StepTemplate("photo_before", "Take a photo of the front panel", Evidence.PHOTO),
        StepTemplate("second_person", "Second person: tag and position are those of the order", Evidence.SECOND_PERSON),
        StepTemplate(
            "off",
            "Hold the power button until the server is off",
            destructive=True,
            expect="The power light goes out and the fans stop.",
            problem="It does not go off: let go, pull nothing, and call for help.",
            back_out="Press the power button once: the server starts.",
        ),
        StepTemplate("wait", "Wait 30 seconds with the power off"),
        StepTemplate("on", "Press the power button once; fans and lights start"),
        StepTemplate("photo_after", "Take a photo of the front panel", Evidence.PHOTO),
    ),
)
