"""Find out why an outlet of a PDU is off or dead, and bring power back only when nobody switched it off on purpose."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="outlet_check",
    title="Outlet check",
    minutes=15,
    power="on",
    risk="An outlet that is off may have been switched off on purpose; the other supply carries the whole server.",
    questions=(Question("outlet", "Which PDU and outlet?", required=False),),
    target_question="outlet",
    finding_kinds=("psu", "outlet"),
    tools=("flashlight", "spare C13/C14 cord"),
    steps=(
        StepTemplate("photo_before", "Take a photo of the outlet and the cord", Evidence.PHOTO),
        StepTemplate(
            "who",
            "Ask who switched the outlet off and why",
            hint="Nobody knows? Call a system administrator before switching it on.",
        ),
        StepTemplate("cord", "The cord sits firmly at the outlet and at the power supply"),
        StepTemplate("other_psu", "The other power supply stays plugged in, its light is green"),
        StepTemplate(
            "on",
            "Switch the outlet on, or have it switched on",
            destructive=True,
            expect="The light of the power supply turns steady green.",
            problem="Nothing happens, or a breaker trips: switch it off again and call for help.",
            back_out="Switch the outlet off again.",
        ),
        StepTemplate("light", "The light of the power supply is green"),
    ),
)
