-- CreateEnum
CREATE TYPE "role" AS ENUM ('player', 'creator', 'admin');

-- CreateEnum
CREATE TYPE "mail_purpose" AS ENUM ('verify', 'reset');

-- CreateEnum
CREATE TYPE "world_kind" AS ENUM ('shared', 'copies');

-- CreateEnum
CREATE TYPE "world_access" AS ENUM ('everyone', 'accounts', 'members', 'owner');

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL,
    "name" STRING(64) NOT NULL,
    "role" "role" NOT NULL DEFAULT 'player',
    "guest" BOOL NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "password" (
    "account_id" UUID NOT NULL,
    "email" STRING(254) NOT NULL,
    "hash" STRING(255) NOT NULL,
    "one_time" BOOL NOT NULL DEFAULT false,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "password_pkey" PRIMARY KEY ("account_id")
);

-- CreateTable
CREATE TABLE "identity" (
    "issuer" STRING(255) NOT NULL,
    "subject" STRING(255) NOT NULL,
    "account_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identity_pkey" PRIMARY KEY ("issuer","subject")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "token_hash" BYTES NOT NULL,
    "rotated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "retired_token" (
    "hash" BYTES NOT NULL,
    "session_id" UUID NOT NULL,
    "salt" BYTES NOT NULL,
    "retired_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "retired_token_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "mail_link" (
    "id" UUID NOT NULL,
    "purpose" "mail_purpose" NOT NULL,
    "email" STRING(254) NOT NULL,
    "hash" BYTES,
    "sent_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "name" STRING(64),
    "password_hash" STRING(255),
    "account_id" UUID,

    CONSTRAINT "mail_link_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "world" (
    "id" UUID NOT NULL,
    "slug" STRING(64) NOT NULL,
    "name" STRING(80) NOT NULL,
    "description" STRING(2000) NOT NULL DEFAULT '',
    "folded" STRING NOT NULL DEFAULT '',
    "owner_id" UUID,
    "scene" STRING(64) NOT NULL,
    "kind" "world_kind" NOT NULL DEFAULT 'shared',
    "access" "world_access" NOT NULL DEFAULT 'everyone',
    "capacity" INT4 NOT NULL DEFAULT 100,
    "tick_rate_hz" INT4 NOT NULL DEFAULT 30,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "world_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "world_member" (
    "world_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,

    CONSTRAINT "world_member_pkey" PRIMARY KEY ("world_id","account_id")
);

-- CreateTable
CREATE TABLE "ban" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "reason" STRING(256) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "until" TIMESTAMPTZ(3),
    "lifted_at" TIMESTAMPTZ(3),

    CONSTRAINT "ban_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor_id" UUID,
    "action" STRING(64) NOT NULL,
    "target" STRING(128) NOT NULL,
    "detail" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "account_guest_last_seen_at_idx" ON "account"("guest", "last_seen_at");

-- CreateIndex
CREATE UNIQUE INDEX "password_email_key" ON "password"("email");

-- CreateIndex
CREATE INDEX "identity_account_id_idx" ON "identity"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_hash_key" ON "session"("token_hash");

-- CreateIndex
CREATE INDEX "session_account_id_idx" ON "session"("account_id");

-- CreateIndex
CREATE INDEX "session_expires_at_idx" ON "session"("expires_at");

-- CreateIndex
CREATE INDEX "retired_token_session_id_idx" ON "retired_token"("session_id");

-- CreateIndex
CREATE INDEX "retired_token_retired_at_idx" ON "retired_token"("retired_at");

-- CreateIndex
CREATE UNIQUE INDEX "mail_link_hash_key" ON "mail_link"("hash");

-- CreateIndex
CREATE INDEX "mail_link_account_id_idx" ON "mail_link"("account_id");

-- CreateIndex
CREATE INDEX "mail_link_email_idx" ON "mail_link"("email");

-- CreateIndex
CREATE INDEX "mail_link_expires_at_idx" ON "mail_link"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "world_slug_key" ON "world"("slug");

-- CreateIndex
CREATE INDEX "world_owner_id_idx" ON "world"("owner_id");

-- CreateIndex
CREATE INDEX "world_member_account_id_idx" ON "world_member"("account_id");

-- CreateIndex
CREATE INDEX "ban_account_id_idx" ON "ban"("account_id");

-- CreateIndex
CREATE INDEX "ban_created_at_id_idx" ON "ban"("created_at", "id");

-- CreateIndex
CREATE INDEX "audit_entry_at_id_idx" ON "audit_entry"("at", "id");

-- CreateIndex
CREATE INDEX "audit_entry_target_at_idx" ON "audit_entry"("target", "at");

-- CreateIndex
CREATE INDEX "audit_entry_actor_id_at_idx" ON "audit_entry"("actor_id", "at");

-- CreateIndex
CREATE INDEX "audit_entry_action_at_idx" ON "audit_entry"("action", "at");

-- AddForeignKey
ALTER TABLE "password" ADD CONSTRAINT "password_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "identity" ADD CONSTRAINT "identity_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "retired_token" ADD CONSTRAINT "retired_token_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mail_link" ADD CONSTRAINT "mail_link_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "world" ADD CONSTRAINT "world_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "account"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "world_member" ADD CONSTRAINT "world_member_world_id_fkey" FOREIGN KEY ("world_id") REFERENCES "world"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "world_member" ADD CONSTRAINT "world_member_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ban" ADD CONSTRAINT "ban_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
