"""Signing in and out, the profile, and consent."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from django.utils import timezone
from graphql import GraphQLError

from waw_server.accounts import models, selectors, services
from waw_server.api import words
from waw_server.api.blinks import Device, Figures
from waw_server.api.context import ApiContext
from waw_server.api.permissions import SIGNED_IN
from waw_server.api.scalars import UtcDateTime
from waw_server.api.throttle import count_sign_in
from waw_server.blinks import selectors as blinks
from waw_server.blinks.messages import corrected

Info = strawberry.Info[ApiContext]

words.enum(
    models.Consent.Purpose,
    name="Purpose",
    description="What a consent is for.",
    CLOUD_SYNC="Keeping my minutes on the server.",
)
TimeZone = Annotated[str, strawberry.argument(description="An IANA name, such as Europe/Vienna.")]


@strawberry.type
class Consent:
    """What somebody agreed to, and until when."""

    purpose: models.Consent.Purpose = strawberry.field(description="What it is for.")
    text_hash: str = strawberry.field(description="SHA-256 of the wording agreed to.")
    granted_at: UtcDateTime = strawberry.field(description="When, by the server's clock.")
    withdrawn_at: UtcDateTime | None = strawberry.field(description="Null while it is in force.")

    @classmethod
    def of(cls, it: models.Consent) -> Consent:
        """Translate a stored consent."""
        return cls(
            purpose=models.Consent.Purpose(it.purpose),
            text_hash=it.text_hash,
            granted_at=UtcDateTime(it.granted_at),
            withdrawn_at=UtcDateTime(it.withdrawn_at) if it.withdrawn_at else None,
        )


@strawberry.type
class Session:
    """A device that is signed in; where it was is not kept."""

    id: UUID = strawberry.field(description="For revokeSession.")
    device_name: str = strawberry.field(description="As it called itself when it signed in.")
    created_at: UtcDateTime = strawberry.field(description="When it signed in.")
    last_seen_at: UtcDateTime = strawberry.field(
        description="When it signed in or was refreshed last: to five minutes while in use."
    )
    is_current: bool = strawberry.field(description="Whether it is the one that asks.")

    @classmethod
    def of(cls, it: models.AuthCache, current_id: UUID) -> Session:
        """Translate a stored session."""
        return cls(
            id=it.pk,
            device_name=it.device_name,
            created_at=UtcDateTime(it.created_at),
            last_seen_at=UtcDateTime(it.used_at),
            is_current=it.pk == current_id,
        )


@strawberry.type
class Profile:
    """Who somebody is, and how they blinked today: for themselves only."""

    id: UUID = strawberry.field(description="Mine, for as long as the account lives.")
    email: str = strawberry.field(description="What I sign in with, in lower case.")
    display_name: str = strawberry.field(description="How I am called; may be empty.")

    @strawberry.field(description="Everything agreed to, the latest first.")
    def consents(self) -> list[Consent]:
        """Return them all, with those withdrawn."""
        return [Consent.of(it) for it in selectors.consents_of(self.id)]

    @strawberry.field(description="The devices that messages came from, the first one first.")
    def devices(self) -> list[Device]:
        """Return them all."""
        return [Device.of(it) for it in blinks.devices_of(self.id)]

    @strawberry.field(description="When a message last arrived; null if none ever did.")
    def latest_sync_at(self) -> UtcDateTime | None:
        """Return the latest of all devices."""
        times = [it.latest_sync_at for it in blinks.devices_of(self.id) if it.latest_sync_at]
        return UtcDateTime(max(times)) if times else None

    @strawberry.field(description="Figures since midnight of a time zone.")
    def today(self, time_zone: TimeZone = "UTC") -> Figures:
        """Sum today's quarter-hours."""
        return Figures.of(blinks.today(user_id=self.id, time_zone=time_zone, now=timezone.now()))


@strawberry.input
class LoginInput:
    """Who signs in, and from which device."""

    email: str = strawberry.field(description="In any case.")
    password: str = strawberry.field(description="Of the account.")
    device_id: UUID | None = strawberry.field(
        default=None, description="The device trackBlink writes for; a new one if left out."
    )
    device_name: str | None = strawberry.field(default=None, description="At most 80 letters.")


@strawberry.type
class LoginSuccess:
    """A device session has begun."""

    access_token: str = strawberry.field(description="For the header Authorization: Bearer.")
    access_expires_in_s: int = strawberry.field(description="From now.")
    refresh_token: str = strawberry.field(description="Keep it secret; good for one refresh.")
    user_id: UUID = strawberry.field(description="Whose session it is.")


@strawberry.type
class InvalidCredentials:
    """Nobody active has this address and password."""

    message: str = strawberry.field(
        default="Wrong e-mail address or password.", description="For people."
    )


@strawberry.type
class LockedOut:
    """Too many wrong passwords for this account from this address."""

    message: str = strawberry.field(
        default="Too many wrong passwords. Wait some minutes, then try again.",
        description="For people.",
    )
    retry_after_s: int = strawberry.field(description="Until it may be tried again.")


LoginResult = Annotated[
    LoginSuccess | InvalidCredentials | LockedOut,
    strawberry.union("LoginResult", description="What comes of signing in."),
]


@strawberry.type
class RefreshSuccess:
    """The session goes on; the token that was sent is used up."""

    access_token: str = strawberry.field(description="For the header Authorization: Bearer.")
    access_expires_in_s: int = strawberry.field(description="From now, seconds.")
    refresh_token: str = strawberry.field(description="Keep it secret; good for one refresh.")


@strawberry.type
class SessionEnded:
    """The session is over: sign in again."""

    reason: str = strawberry.field(
        default="This session has ended. Sign in again.", description="For people."
    )


@strawberry.type
class Erased:
    """The account was erased: delete what is kept for it, too."""

    message: str = strawberry.field(default="This account was erased.", description="For people.")


RefreshResult = Annotated[
    RefreshSuccess | SessionEnded | Erased,
    strawberry.union("RefreshResult", description="What comes of going on with a session."),
]


@strawberry.type
class LogoutResult:
    """What ended."""

    sessions_ended: int = strawberry.field(description="How many were alive until now.")


@strawberry.input
class GrantConsentInput:
    """What was agreed to, and when."""

    purpose: models.Consent.Purpose = strawberry.field(description="What I agree to.")
    text_hash: str = strawberry.field(
        description="SHA-256 of the wording agreed to, 64 hexadecimal digits."
    )
    granted_at: UtcDateTime = strawberry.field(description="By the device's clock.")
    client_sent_at: UtcDateTime = strawberry.field(
        description="Now, by the same clock: how far it is off."
    )


@strawberry.input
class WithdrawConsentInput:
    """What is no longer agreed to."""

    purpose: models.Consent.Purpose = strawberry.field(description="What it was for.")


@strawberry.type
class AccountQuery:
    """Who is asking."""

    @strawberry.field(permission_classes=SIGNED_IN, description="Who I am and how I blinked today.")
    def profile(self, info: Info) -> Profile:
        """Return the caller."""
        it = selectors.person(info.context.caller.user_id)
        return Profile(id=it.pk, email=it.email, display_name=it.display_name)

    @strawberry.field(
        permission_classes=SIGNED_IN, description="Where I am signed in, the latest used first."
    )
    def sessions(self, info: Info) -> list[Session]:
        """Return those that may still go on."""
        me = info.context.caller
        alive = selectors.sessions_of(me.user_id, timezone.now())
        return [Session.of(it, me.session_id) for it in alive]


@strawberry.type
class AccountMutation:
    """Sessions and consents."""

    @strawberry.mutation(description="Begin a device session. Public.")
    def login(
        self,
        info: Info,
        input: Annotated[LoginInput, strawberry.argument(description="Who signs in.")],
    ) -> LoginResult:
        """Translate the outcome of signing in."""
        count_sign_in(info.context.request)
        try:
            tokens = services.sign_in(
                request=info.context.request,
                email=_storable("email", input.email),
                password=input.password,
                device_id=input.device_id,
                device_name=_storable("deviceName", input.device_name or "")[:80],
                now=timezone.now(),
            )
        except services.WrongCredentials:
            return InvalidCredentials()
        except services.LockedOut as error:
            return LockedOut(retry_after_s=error.retry_after_s)
        return LoginSuccess(
            access_token=tokens.access,
            access_expires_in_s=tokens.access_expires_in_s,
            refresh_token=tokens.refresh,
            user_id=tokens.user_id,
        )

    @strawberry.mutation(
        description="Exchange a refresh token for the next one. Public: the token is the key."
    )
    def refresh_session(
        self,
        refresh_token: Annotated[
            str, strawberry.argument(description="The latest that login or a refresh gave.")
        ],
    ) -> RefreshResult:
        """Translate the outcome of rotating."""
        try:
            tokens = services.refresh(refresh_token=refresh_token, now=timezone.now())
        except services.SessionOver:
            return SessionEnded()
        except services.PersonErased:
            return Erased()
        return RefreshSuccess(
            access_token=tokens.access,
            access_expires_in_s=tokens.access_expires_in_s,
            refresh_token=tokens.refresh,
        )

    @strawberry.mutation(
        permission_classes=SIGNED_IN, description="End this session, or all of mine, at once."
    )
    def logout(
        self,
        info: Info,
        *,
        everywhere: Annotated[
            bool, strawberry.argument(description="All of my sessions, not this one alone.")
        ] = False,
    ) -> LogoutResult:
        """End what was asked for."""
        me = info.context.caller
        ended = services.sign_out(
            user_id=me.user_id,
            session_id=me.session_id,
            everywhere=everywhere,
            now=timezone.now(),
        )
        return LogoutResult(sessions_ended=ended)

    @strawberry.mutation(
        permission_classes=SIGNED_IN,
        description="End one of my sessions at once; of any other id, none ends.",
    )
    def revoke_session(
        self,
        info: Info,
        id: Annotated[UUID, strawberry.argument(description="As sessions lists it.")],
    ) -> LogoutResult:
        """End it, if it is the caller's."""
        me = info.context.caller
        ended = services.revoke(user_id=me.user_id, session_id=id, now=timezone.now())
        return LogoutResult(sessions_ended=ended)

    @strawberry.mutation(
        permission_classes=SIGNED_IN, description="Agree to a purpose in a certain wording."
    )
    def grant_consent(
        self,
        info: Info,
        input: Annotated[GrantConsentInput, strawberry.argument(description="To what, and when.")],
    ) -> Consent:
        """Write a consent down, with its time by our clock."""
        now = timezone.now()
        granted_at = corrected(input.granted_at, -1, sent_at=input.client_sent_at, received_at=now)
        given = services.grant_consent(
            user_id=info.context.caller.user_id,
            purpose=input.purpose,
            text_hash=_sha256(input.text_hash),
            granted_at=min(granted_at, now),
        )
        return Consent.of(given)

    @strawberry.mutation(
        permission_classes=SIGNED_IN, description="Withdraw a consent; it ends at once."
    )
    def withdraw_consent(
        self,
        info: Info,
        input: Annotated[WithdrawConsentInput, strawberry.argument(description="Which one.")],
    ) -> Consent:
        """End a consent now."""
        ended = services.withdraw_consent(
            user_id=info.context.caller.user_id, purpose=input.purpose, now=timezone.now()
        )
        return Consent.of(ended)


def _storable(name: str, text: str) -> str:
    """Return a text that PostgreSQL can hold: GraphQL has its own ways to write a NUL."""
    if "\0" in text:
        raise GraphQLError(f"{name}: NUL is not allowed")
    return text


def _sha256(text: str) -> str:
    digits = text.lower()
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise GraphQLError("textHash: 64 hexadecimal digits")
    return digits
