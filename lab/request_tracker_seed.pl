# What a fresh Request Tracker of the lab knows: a queue with its fields, a bot, two people, and three scrips that do
# nothing until a file in the lab's folder tells them to. Loaded once by lab/request_tracker.py.
use strict;
use warnings;

our ( @Queues, @CustomFields, @Users, @ACL, @Scrips, @Final );

my $queue = 'Data Center';
my $bot   = 'rackside';

@Queues = ( { Name => $queue, Description => 'Work on site', Lifecycle => 'default' } );

@CustomFields = (
    {   Name       => 'Idempotency Key',
        Type       => 'FreeformSingle',
        LookupType => 'RT::Queue-RT::Ticket-RT::Transaction',
        Queue      => [$queue],
    },
);

@Users = (
    { Name => $bot,    EmailAddress => 'rackside@rt.test', Password => 'bot-password', Privileged => 1, Timezone => 'UTC' },
    { Name => 'lena',  EmailAddress => 'lena@rt.test',  Password => 'lena-password',  Privileged => 1 },
    { Name => 'carla', EmailAddress => 'carla@client.test', Password => 'carla-password', Privileged => 0 },
);

my @rights = qw(
    SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket
    SeeCustomField ModifyCustomField
);
for my $user ( $bot, 'lena' ) {
    push @ACL, map { { Right => $_, UserId => $user, Queue => $queue, ObjectType => 'RT::Queue' } } @rights;
}
push @ACL, map { { Right => $_, GroupDomain => 'SystemInternal', GroupType => 'Everyone', Queue => $queue,
    ObjectType => 'RT::Queue' } } qw(CreateTicket ReplyToTicket SeeQueue);
push @ACL, { Right => 'ShowTicket', GroupDomain => 'RT::Queue-Role', GroupType => 'Requestor', Queue => $queue,
    ObjectType => 'RT::Queue' };

# A poke to whoever waits for news, signed after Standard Webhooks. Its address and secret stand in a file: no file, no
# poke. Like every scrip it runs once; nobody tries again.
sub poke {
    my ($file) = @_;
    return <<"PERL";
        use LWP::UserAgent; use Digest::SHA; use MIME::Base64; use JSON;
        open( my \$in, '<', RT->Config->Get('LabFolder') . '/$file' ) or return 1;
        chomp( my ( \$url, \$secret ) = <\$in> );
        my \$id   = 'rt-' . \$self->TransactionObj->id;
        my \$body = JSON->new->canonical->encode(
            { type => 'ticket.changed', data => { ticket => \$self->TicketObj->id . '' } } );
        my \$now  = time;
        my \$mac  = Digest::SHA::hmac_sha256( "\$id.\$now.\$body", MIME::Base64::decode_base64( substr \$secret, 6 ) );
        LWP::UserAgent->new( timeout => 3 )->post(
            \$url,
            'Content-Type'      => 'application/json',
            'webhook-id'        => \$id,
            'webhook-timestamp' => \$now,
            'webhook-signature' => 'v1,' . MIME::Base64::encode_base64( \$mac, '' ),
            Content             => \$body,
        );
        return 1;
PERL
}

# Holds a ticket's transaction open, uncommitted, for as long as the file is there.
my $hold = <<'PERL';
    my $file = RT->Config->Get('LabFolder') . '/hold';
    if ( -e $file && $self->TicketObj->Subject =~ /slow/ ) {
        open( my $out, '>', "$file.reached" );
        close $out;
        for ( 1 .. 400 ) { last unless -e $file; select undef, undef, undef, 0.05; }
    }
    return 1;
PERL

my %scrip = (
    Queue => $queue, ScripCondition => 'User Defined', ScripAction => 'User Defined', Template => 'Blank',
    CustomPrepareCode => 'return 1;',
);
my $by_people = "return \$self->TransactionObj->CreatorObj->Name ne '$bot';";
@Scrips = (
    { %scrip, Description => 'poke', Stage => 'TransactionBatch', CustomCommitCode => poke('poke'),
        CustomIsApplicableCode => $by_people },
    { %scrip, Description => 'early poke', Stage => 'TransactionCreate', CustomCommitCode => poke('early-poke'),
        CustomIsApplicableCode => $by_people },
    { %scrip, Description => 'hold', Stage => 'TransactionCreate', CustomCommitCode => $hold,
        CustomIsApplicableCode => "return \$self->TransactionObj->Type eq 'Create';" },
);

@Final = (
    sub {
        require RT::AuthToken;
        my $user = RT::User->new( RT->SystemUser );
        $user->Load($bot);
        my ( $ok, $said, $token )
            = RT::AuthToken->new( RT->SystemUser )->Create( Owner => $user->id, Description => 'lab' );
        die $said unless $ok;
        open( my $out, '>', RT->Config->Get('LabFolder') . '/token' ) or die $!;
        print {$out} $token;
        close $out;
    },
    sub {    # a conversation longer than RT's longest page, over for long
        my $lena = RT::CurrentUser->new(RT->SystemUser);
        $lena->Load('lena');
        my $ticket = RT::Ticket->new($lena);
        require MIME::Entity;
        my ( $id, undef, $said ) = $ticket->Create( Queue => $queue, Subject => 'A long story',
            Requestor => 'carla@client.test', MIMEObj => MIME::Entity->build( Type => 'text/plain', Data => ['Begin'] ) );
        die $said unless $id;
        $ticket->Comment( MIMEObj => MIME::Entity->build( Type => 'text/plain', Data => ["Number $_"] ) ) for 1 .. 104;
        $ticket->SetStatus('resolved');
    },
);

1;
