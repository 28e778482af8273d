"""A look: lights, labels, cables. Nothing is touched."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="visual_check",
    title="Visual check",
    minutes=15,
    power="on",
    risk="None, as long as nothing is touched.",
    questions=(Question("look_for", "What should the technician look at?"),),
    tools=("flashlight",),
    steps=(
        StepTemplate("front", "Look at the front: lights, bays, display"),
        StepTemplate("photo_front", "Take a photo of the front", Evidence.PHOTO),
        StepTemplate("rear", "Look at the rear: lights, cords, cables"),
        StepTemplate("photo_rear", "Take a photo of the rear", Evidence.PHOTO),
    ),
)
