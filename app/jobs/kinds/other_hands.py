"""Any other work of hands: Level 1 states what, how long and the timeline given to the customer."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="other_hands",
    title="Other hands-on work",
    minutes=60,
    asks_minutes=True,
    power="on",
    risk="Not a standard job: read the description twice.",
    questions=(
        Question("work", "What exactly has to be done, step by step?"),
        Question("minutes", "How many minutes does it take, verification and back-out included?"),
        Question("timeline", "Which approximate timeline did the customer hear?"),
    ),
    finding_kinds=("fan", "memory", "battery", "chassis", "temperature", "voltage", "cpu"),
    tools=("ESD strap", "flashlight"),
    steps=(
        StepTemplate("esd", "Put on the ESD strap"),
        StepTemplate("photo_before", "Take a photo before you start", Evidence.PHOTO),
        StepTemplate(
            "work",
            "Do the work as described in the order",
            destructive=True,
            back_out="Put all back as the photo from before shows it.",
        ),
        StepTemplate("photo_after", "Take a photo of the result", Evidence.PHOTO),
    ),
)
