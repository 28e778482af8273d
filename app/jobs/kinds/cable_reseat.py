"""Re-seat of a network or power cable: the risk is the neighbour's cable."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="cable_reseat",
    title="Cable re-seat",
    minutes=20,
    power="on",
    risk="A neighbour's cable pulled by mistake cuts another customer off.",
    questions=(Question("port", "Which cable: the server's port or power supply?"),),
    target_question="port",
    finding_kinds=("nic", "switch_port", "psu"),
    tools=("flashlight", "spare cable of the same length"),
    steps=(
        StepTemplate("photo_before", "Take a photo of the cabling", Evidence.PHOTO),
        StepTemplate("label", "Scan or read the label at the server's end of the cable", Evidence.SCAN),
        StepTemplate(
            "reseat",
            "Unplug, look at the contacts, plug in until it clicks",
            destructive=True,
            expect="Only the light of this port goes out and comes back.",
            problem="Another light goes out: plug in again at once. It may be a neighbour's cable.",
            back_out="Plug the same cable into the same port again.",
        ),
        StepTemplate("far_end", "Do the same at the far end: switch port or outlet"),
        StepTemplate("light", "The link or power light is on"),
        StepTemplate("photo_after", "Take a photo of the cabling", Evidence.PHOTO),
    ),
)
